"""Who manages or administers may share views of the order list, as far as the groups are still there."""

from django.db import migrations

from common.grants import groups_named, permissions_of


def grant(apps, schema_editor):
    sharing = permissions_of(apps, "orders").get(codename="share_views")
    for group in groups_named(apps, "Manager", "Admin", "Full access"):
        group.permissions.add(sharing)


class Migration(migrations.Migration):
    dependencies = [("orders", "0030_saved_views")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
