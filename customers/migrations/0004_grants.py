"""Which groups may see contact data, merge customers, and export and erase a person's data."""

from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.utils import translation
from django.utils.translation import gettext as _


def grant(apps, schema_editor):
    config = apps.get_app_config("customers")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    Permission = apps.get_model("auth", "Permission")
    Group = apps.get_model("auth", "Group")
    with translation.override(settings.LANGUAGE_CODE):
        specialist, manager, admin, full = _("Specialist"), _("Manager"), _("Admin"), _("Full access")
    for codename, names in {
        "see_contact_data": [specialist, manager, admin, full],
        "merge_customer": [manager, admin, full],
        "export_customer": [admin, full],
        "erase_customer": [admin, full],
    }.items():
        permission = Permission.objects.get(content_type__app_label="customers", codename=codename)
        for group in Group.objects.filter(name__in=names):
            group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [("customers", "0003_search_index"), ("orders", "0003_defaults")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
