"""Admins may do with runs, messages and privacy requests of stores what they may with the stores."""

from django.db import migrations

from common.grants import groups_named, permissions_of


def grant(apps, schema_editor):
    ours = permissions_of(apps, "integrations")
    for group in groups_named(apps, "Admin"):
        group.permissions.add(*ours)


class Migration(migrations.Migration):
    dependencies = [("integrations", "0013_exports_of_runs"), ("orders", "0003_defaults")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
