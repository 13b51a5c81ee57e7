"""Whoever looks after products may correct matches, merge and archive: the groups of a fresh installation, as far as
they are still there."""

from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.utils import translation
from django.utils.translation import gettext as _

GRANTED = ["correct_match", "merge_product", "archive_product"]


def grant(apps, schema_editor):
    config = apps.get_app_config("inventory")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    Permission = apps.get_model("auth", "Permission")
    ours = Permission.objects.filter(content_type__app_label="inventory")
    with translation.override(settings.LANGUAGE_CODE):
        wanted = ours.filter(codename__in=GRANTED)
        sets = {_("Manager"): wanted, _("Admin"): wanted, _("Full access"): ours}
    for group in apps.get_model("auth", "Group").objects.filter(name__in=sets):
        group.permissions.add(*sets[group.name])


class Migration(migrations.Migration):
    dependencies = [("inventory", "0007_matches_merges_and_archive"), ("orders", "0003_defaults")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
