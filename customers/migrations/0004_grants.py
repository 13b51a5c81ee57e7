"""Which groups may see contact data, merge customers, and export and erase a person's data."""

from django.db import migrations

from common.grants import groups_named, permissions_of


def grant(apps, schema_editor):
    ours = permissions_of(apps, "customers")
    for codename, names in {
        "see_contact_data": ["Specialist", "Manager", "Admin", "Full access"],
        "merge_customer": ["Manager", "Admin", "Full access"],
        "export_customer": ["Admin", "Full access"],
        "erase_customer": ["Admin", "Full access"],
    }.items():
        for group in groups_named(apps, *names):
            group.permissions.add(ours.get(codename=codename))


class Migration(migrations.Migration):
    dependencies = [("customers", "0003_search_index"), ("orders", "0003_defaults")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
