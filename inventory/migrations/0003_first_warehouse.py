"""The warehouse that a fresh installation starts with, and who may do what with stock.

Names are written in the installation's language (LANGUAGE_CODE).
"""

from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.utils import translation
from django.utils.translation import gettext as _


def add_warehouse(apps, schema_editor):
    with translation.override(settings.LANGUAGE_CODE):
        apps.get_model("inventory", "Warehouse").objects.get_or_create(name=_("Main warehouse"))


def grant(apps, schema_editor):
    config = apps.get_app_config("inventory")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    Permission = apps.get_model("auth", "Permission")
    see = ["view_product", "view_category", "view_warehouse", "view_receipt"]
    keep = [*see, *(f"{verb}_{model}" for verb in ["add", "change"] for model in ["product", "category", "warehouse", "receipt"])]
    ours = Permission.objects.filter(content_type__app_label="inventory")
    with translation.override(settings.LANGUAGE_CODE):
        for names, granted in [
            ([_("Specialist")], ours.filter(codename__in=see)),
            ([_("Manager"), _("Admin")], ours.filter(codename__in=[*keep, "post_receipt", "correct_stock"])),
            ([_("Full access")], ours),
        ]:
            for group in apps.get_model("auth", "Group").objects.filter(name__in=names):
                group.permissions.add(*granted)


class Migration(migrations.Migration):
    dependencies = [("inventory", "0002_stock"), ("orders", "0003_defaults")]
    operations = [
        migrations.RunPython(add_warehouse, migrations.RunPython.noop),
        migrations.RunPython(grant, migrations.RunPython.noop),
    ]
