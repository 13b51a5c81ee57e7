"""Admins may also manage groups; the administration lets them give no more than they have themselves."""

from django.conf import settings
from django.db import migrations
from django.utils import translation
from django.utils.translation import gettext as _


def grant(apps, schema_editor):
    with translation.override(settings.LANGUAGE_CODE):
        group = apps.get_model("auth", "Group").objects.filter(name=_("Admin")).first()
    if group:
        model = {"content_type__app_label": "auth", "content_type__model": "group"}
        group.permissions.add(*apps.get_model("auth", "Permission").objects.filter(**model))


class Migration(migrations.Migration):
    dependencies = [("integrations", "0007_import_runs"), ("orders", "0003_defaults")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
