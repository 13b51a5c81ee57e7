"""Who administers writes the letterhead, as far as the groups are still there."""

from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.utils import translation
from django.utils.translation import gettext as _

GIVEN = ["add_letterhead", "change_letterhead", "view_letterhead"]


def grant(apps, schema_editor):
    config = apps.get_app_config("orders")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    with translation.override(settings.LANGUAGE_CODE):
        names = [_("Admin"), _("Full access")]
    permissions = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="orders", codename__in=GIVEN
    )
    for group in apps.get_model("auth", "Group").objects.filter(name__in=names):
        group.permissions.add(*permissions)


class Migration(migrations.Migration):
    dependencies = [("orders", "0034_letterhead")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
