"""The group Full access may do everything with what is RO App's own, also with models that came after the group."""

from django.db import migrations

from common.grants import groups_named, permissions_of


def grant(apps, schema_editor):
    ours = permissions_of(apps, "customers", "inventory", "orders", "integrations")
    for group in groups_named(apps, "Full access"):
        group.permissions.add(*ours)


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0011_managers_see_stores"),
        ("customers", "0004_grants"),
        ("inventory", "0005_search_index"),
        ("orders", "0012_contact_words_apart"),
    ]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
