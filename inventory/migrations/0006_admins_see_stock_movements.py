"""Admins may look at levels and movements of stock in the administration."""

from django.db import migrations

from common.grants import groups_named, permissions_of


def grant(apps, schema_editor):
    seeing = permissions_of(apps, "inventory").filter(codename__in=["view_stocklevel", "view_stockmovement"])
    for group in groups_named(apps, "Admin"):
        group.permissions.add(*seeing)


class Migration(migrations.Migration):
    dependencies = [("inventory", "0005_search_index"), ("orders", "0003_defaults")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
