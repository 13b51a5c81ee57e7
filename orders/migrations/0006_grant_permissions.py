"""What staff may do with orders, granted to the groups of a fresh installation as far as they are still there."""

from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.utils import translation
from django.utils.translation import gettext as _

ALL = ["refresh_order", "write_off_order"]
KEEP = [*ALL, "write_off_below_zero", "resolve_differences", "edit_prices", "export_orders"]


def grant(apps, schema_editor):
    config = apps.get_app_config("orders")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    Permission = apps.get_model("auth", "Permission")
    with translation.override(settings.LANGUAGE_CODE):
        sets = {_("Specialist"): ALL, _("Manager"): KEEP, _("Admin"): KEEP, _("Full access"): KEEP}
    for group in apps.get_model("auth", "Group").objects.filter(name__in=sets):
        permissions = Permission.objects.filter(content_type__app_label="orders", codename__in=sets[group.name])
        group.permissions.add(*permissions)


class Migration(migrations.Migration):
    dependencies = [("orders", "0005_people_work_with_orders")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
