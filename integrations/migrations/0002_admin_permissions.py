"""Admins and people with full access may manage store connections."""

from django.db import migrations

from common.grants import groups_named, permissions_of


def grant(apps, schema_editor):
    ours = permissions_of(apps, "integrations")
    for group in groups_named(apps, "Admin", "Full access"):
        group.permissions.add(*ours)


class Migration(migrations.Migration):
    dependencies = [("integrations", "0001_initial"), ("orders", "0003_defaults")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
