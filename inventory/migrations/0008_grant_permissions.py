"""Whoever looks after products may correct matches, merge and archive: the groups of a fresh installation, as far as
they are still there."""

from django.db import migrations

from common.grants import groups_named, permissions_of

GRANTED = ["correct_match", "merge_product", "archive_product"]


def grant(apps, schema_editor):
    ours = permissions_of(apps, "inventory")
    for group in groups_named(apps, "Manager", "Admin"):
        group.permissions.add(*ours.filter(codename__in=GRANTED))
    for group in groups_named(apps, "Full access"):
        group.permissions.add(*ours)


class Migration(migrations.Migration):
    dependencies = [("inventory", "0007_matches_merges_and_archive"), ("orders", "0003_defaults")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
