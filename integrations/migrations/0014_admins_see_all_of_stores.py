"""Admins may do with runs, messages and privacy requests of stores what they may with the stores."""

from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.utils import translation
from django.utils.translation import gettext as _


def grant(apps, schema_editor):
    config = apps.get_app_config("integrations")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    with translation.override(settings.LANGUAGE_CODE):
        group = apps.get_model("auth", "Group").objects.filter(name=_("Admin")).first()
    if group:
        group.permissions.add(*apps.get_model("auth", "Permission").objects.filter(content_type__app_label="integrations"))


class Migration(migrations.Migration):
    dependencies = [("integrations", "0013_exports_of_runs"), ("orders", "0003_defaults")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
