from django.apps import AppConfig


class RoAppConfig(AppConfig):
    """No rows of its own: commands and checks for whoever runs RO App."""

    name = "roapp"

    def ready(self) -> None:
        from roapp import checks  # noqa: F401  they register themselves
