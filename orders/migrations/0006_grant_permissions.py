"""What staff may do with orders, granted to the groups of a fresh installation as far as they are still there."""

from django.db import migrations

from common.grants import groups_named, permissions_of

ALL = ["refresh_order", "write_off_order"]
KEEP = [*ALL, "write_off_below_zero", "resolve_differences", "edit_prices", "export_orders"]


def grant(apps, schema_editor):
    ours = permissions_of(apps, "orders")
    for names, granted in [(["Specialist"], ALL), (["Manager", "Admin", "Full access"], KEEP)]:
        for group in groups_named(apps, *names):
            group.permissions.add(*ours.filter(codename__in=granted))


class Migration(migrations.Migration):
    dependencies = [("orders", "0005_people_work_with_orders")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
