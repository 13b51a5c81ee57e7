"""The warehouse that a fresh installation starts with, and who may do what with stock.

Names are written in the installation's language (LANGUAGE_CODE).
"""

from django.conf import settings
from django.db import migrations
from django.utils import translation
from django.utils.translation import gettext as _

from common.grants import groups_named, permissions_of


def add_warehouse(apps, schema_editor):
    with translation.override(settings.LANGUAGE_CODE):
        apps.get_model("inventory", "Warehouse").objects.get_or_create(name=_("Main warehouse"))


def grant(apps, schema_editor):
    see = ["view_product", "view_category", "view_warehouse", "view_receipt"]
    keep = [*see, *(f"{verb}_{model}" for verb in ["add", "change"] for model in ["product", "category", "warehouse", "receipt"])]
    ours = permissions_of(apps, "inventory")
    for names, granted in [
        (["Specialist"], ours.filter(codename__in=see)),
        (["Manager", "Admin"], ours.filter(codename__in=[*keep, "post_receipt", "correct_stock"])),
        (["Full access"], ours),
    ]:
        for group in groups_named(apps, *names):
            group.permissions.add(*granted)


class Migration(migrations.Migration):
    dependencies = [("inventory", "0002_stock"), ("orders", "0003_defaults")]
    operations = [
        migrations.RunPython(add_warehouse, migrations.RunPython.noop),
        migrations.RunPython(grant, migrations.RunPython.noop),
    ]
