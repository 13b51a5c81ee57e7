"""Granting permissions in migrations."""

from typing import Any

from django.apps.registry import Apps
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db.models import Model, QuerySet
from django.utils import translation
from django.utils.translation import gettext


def permissions_of(apps: Apps, *labels: str) -> "QuerySet[Model]":
    """The permissions of these apps as they are at this migration, as rows of ``apps``: Django itself makes
    them after the last migration, too late for the groups that are to hold them."""
    for label in labels:
        config = apps.get_app_config(label)
        config.models_module = True  # type: ignore[assignment]  # any value: without one nothing is made
        create_permissions(config, apps=apps, verbosity=0)
        config.models_module = None
    permissions: Any = apps.get_model("auth", "Permission")
    rows: QuerySet[Model] = permissions.objects.filter(
        content_type__app_label__in=labels
    )
    return rows


def groups_named(apps: Apps, *names: str) -> "QuerySet[Model]":
    """The groups of a fresh installation with these English names, as far as they are still there. Names are
    written in the installation's language."""
    with translation.override(settings.LANGUAGE_CODE):
        ours = [gettext(name) for name in names]
    groups: Any = apps.get_model("auth", "Group")
    rows: QuerySet[Model] = groups.objects.filter(name__in=ours)
    return rows
