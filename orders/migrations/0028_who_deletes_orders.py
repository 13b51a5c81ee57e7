"""Who administers may delete orders created here and see which were, as far as the groups are still there."""

from django.db import migrations

from common.grants import groups_named, permissions_of

GIVEN = ["delete_made_here", "view_deletedorder"]


def grant(apps, schema_editor):
    given = permissions_of(apps, "orders").filter(codename__in=GIVEN)
    for group in groups_named(apps, "Admin", "Full access"):
        group.permissions.add(*given)


class Migration(migrations.Migration):
    dependencies = [("orders", "0027_deleted_orders")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
