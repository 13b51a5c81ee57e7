"""Django's admin as RO App's administration: its name, and what stands first."""

from importlib import import_module
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

SECTIONS = ["integrations", "orders", "auth", "inventory", "customers"]
"""What admins come for stands first."""


class Administration(admin.AdminSite):
    site_title = site_header = "RO App"
    index_title = _("Administration")

    def get_app_list(
        self, request: HttpRequest, app_label: str | None = None
    ) -> list[Any]:
        def place(app: Any) -> int:
            return (
                SECTIONS.index(app["app_label"])
                if app["app_label"] in SECTIONS
                else len(SECTIONS)
            )

        return sorted(super().get_app_list(request, app_label), key=place)


class Config(AdminConfig):
    default_site = "roapp.administration.Administration"

    def ready(self) -> None:
        super().ready()
        apps.get_app_config("auth").verbose_name = _("Users and groups")
        import_module("roapp.staff")  # It needs models, which are not there before.
