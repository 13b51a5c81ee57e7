"""Django's admin as RO App's administration: its name, and what stands first."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, cast

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.apps import SimpleAdminConfig
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _
from django.views.i18n import JavaScriptCatalog

SECTIONS = ["integrations", "orders", "auth", "axes", "inventory", "customers"]
"""What admins come for stands first."""

NOT_IN_DJANGOS_GERMAN = [
    gettext_noop(
        "After you’ve created a user, you’ll be able to edit more user options."
    ),
    gettext_noop(
        "Whether the user will be able to authenticate using a password or not. If disabled, they may still "
        "be able to authenticate using other backends, such as Single Sign-On or LDAP."
    ),
    gettext_noop(
        "Raw passwords are not stored, so there is no way to see the user’s password."
    ),
    gettext_noop(
        "Enable password-based authentication for this user by setting a password."
    ),
    gettext_noop(
        "This action will <strong>enable</strong> password-based authentication for this user."
    ),
    gettext_noop("Conflicting form data submitted. Please try again."),
    gettext_noop("In case you’ve forgotten, you are:"),
    gettext_noop("Password-based authentication"),
    gettext_noop("Enable password-based authentication"),
    gettext_noop("Disable password-based authentication"),
    gettext_noop("Password-based authentication was disabled."),
    gettext_noop("Enabled"),
    gettext_noop("Disabled"),
    gettext_noop("Set password"),
    gettext_noop("Set password: %s"),
    gettext_noop("Reset password"),
]
"""Sentences of Django's that its German lacks; ours has them."""
BETTER_THAN_DJANGOS_GERMAN = [
    gettext_noop("Start typing to filter…"),
    gettext_noop("History"),
]
"""What its German says too long for its place, or not as we do."""
NOT_IN_DJANGOS_GERMAN_SCRIPTS = [
    gettext_noop(
        'Choose %s by selecting them and then select the "Choose" arrow button.'
    ),
    gettext_noop(
        'Remove %s by selecting them and then select the "Remove" arrow button.'
    ),
    gettext_noop("Choose all %s"),
    gettext_noop("Remove all %s"),
    gettext_noop("Choose selected %s"),
    gettext_noop("Remove selected %s"),
    gettext_noop("(click to clear)"),
]
"""What its German lacks of what its scripts write into a page."""


class WordsOfScripts(JavaScriptCatalog):
    """Those of Django's scripts, with ours where its German lacks them."""

    def get_catalog(self) -> dict[str, Any]:
        ours = {each: gettext(each) for each in NOT_IN_DJANGOS_GERMAN_SCRIPTS}
        return ours | super().get_catalog()


class Administration(admin.AdminSite):
    site_title = site_header = "RO App"
    index_title = _("Administration")

    def get_app_list(
        self, request: HttpRequest, app_label: str | None = None
    ) -> list[Any]:
        def place(app: Mapping[str, Any]) -> int:
            return (
                SECTIONS.index(app["app_label"])
                if app["app_label"] in SECTIONS
                else len(SECTIONS)
            )

        return sorted(super().get_app_list(request, app_label), key=place)

    def i18n_javascript(
        self, request: HttpRequest, extra_context: object = None
    ) -> HttpResponse:
        view = WordsOfScripts.as_view(packages=["django.contrib.admin"])
        return cast("HttpResponse", view(request))


class Config(SimpleAdminConfig):
    default_site = "roapp.administration.Administration"

    def ready(self) -> None:
        super().ready()
        apps.get_app_config("auth").verbose_name = _("Users and groups")
        _name_relations()
        _name_logins()


def load() -> None:
    """Register what the administration shows. The addresses of pages do it: a worker has none, and needs a
    tenth less memory without forms and tables that it never draws."""
    admin.autodiscover()
    import_module("roapp.accounts.staff")  # after the users and groups that it replaces
    admin.site.login_form = import_module("roapp.accounts.login").AdminLoginForm


def _name_relations() -> None:
    """Django names the tables between two models in English, whoever reads."""
    user, group = apps.get_model("auth.User"), apps.get_model("auth.Group")
    status = apps.get_model("orders.Status")
    relations: list[tuple[Any, Any]] = [
        (user.groups, _("memberships in groups")),
        (user.user_permissions, _("permissions of users")),
        (group.permissions, _("permissions of groups")),
        (status.followers, _("following statuses")),
    ]
    for relation, name in relations:
        options = relation.through._meta
        options.verbose_name = options.verbose_name_plural = name


def _name_logins() -> None:
    """Axes names its rows for those who program with it."""
    apps.get_app_config("axes").verbose_name = _("Logins")
    options = apps.get_model("axes.AccessAttempt")._meta
    options.verbose_name, options.verbose_name_plural = (
        _("failed login"),
        _("failed logins"),
    )
