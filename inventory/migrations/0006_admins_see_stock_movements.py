"""Admins may look at levels and movements of stock in the administration."""

from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.utils import translation
from django.utils.translation import gettext as _


def grant(apps, schema_editor):
    config = apps.get_app_config("inventory")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    with translation.override(settings.LANGUAGE_CODE):
        group = apps.get_model("auth", "Group").objects.filter(name=_("Admin")).first()
    if group:
        wanted = {"content_type__app_label": "inventory", "codename__in": ["view_stocklevel", "view_stockmovement"]}
        group.permissions.add(*apps.get_model("auth", "Permission").objects.filter(**wanted))


class Migration(migrations.Migration):
    dependencies = [("inventory", "0005_search_index"), ("orders", "0003_defaults")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
