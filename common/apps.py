from django.apps import AppConfig


class CommonConfig(AppConfig):
    """What is stored for pages of all apps; nothing of it is shown in the administration."""

    name = "common"
