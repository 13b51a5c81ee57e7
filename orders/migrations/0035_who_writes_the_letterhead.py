"""Who administers writes the letterhead, as far as the groups are still there."""

from django.db import migrations

from common.grants import groups_named, permissions_of

GIVEN = ["add_letterhead", "change_letterhead", "view_letterhead"]


def grant(apps, schema_editor):
    given = permissions_of(apps, "orders").filter(codename__in=GIVEN)
    for group in groups_named(apps, "Admin", "Full access"):
        group.permissions.add(*given)


class Migration(migrations.Migration):
    dependencies = [("orders", "0034_letterhead")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
