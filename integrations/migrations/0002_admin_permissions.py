"""Admins and people with full access may manage store connections."""

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
    Permission = apps.get_model("auth", "Permission")
    with translation.override(settings.LANGUAGE_CODE):
        groups = apps.get_model("auth", "Group").objects.filter(name__in=[_("Admin"), _("Full access")])
    for group in groups:
        group.permissions.add(*Permission.objects.filter(content_type__app_label="integrations"))


class Migration(migrations.Migration):
    dependencies = [("integrations", "0001_initial"), ("orders", "0003_defaults")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
