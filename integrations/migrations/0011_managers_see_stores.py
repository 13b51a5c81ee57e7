"""Managers may look at the Stores pages."""

from django.conf import settings
from django.db import migrations
from django.utils import translation
from django.utils.translation import gettext as _


def grant(apps, schema_editor):
    with translation.override(settings.LANGUAGE_CODE):
        group = apps.get_model("auth", "Group").objects.filter(name=_("Manager")).first()
    if group:
        wanted = {"content_type__app_label": "integrations", "codename": "view_storeconnection"}
        group.permissions.add(*apps.get_model("auth", "Permission").objects.filter(**wanted))


class Migration(migrations.Migration):
    dependencies = [("integrations", "0010_words_of_messages"), ("orders", "0003_defaults")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
