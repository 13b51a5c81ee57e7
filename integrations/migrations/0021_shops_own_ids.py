"""The shop's own id, and the address it gives as its own. Connections learn them at their next check, which is
due at once."""

from django.db import migrations, models


def make_checks_due(apps, schema_editor):
    apps.get_model("integrations", "StoreConnection").objects.update(checked_at=None)


class Migration(migrations.Migration):
    dependencies = [("integrations", "0020_failing_since_and_mailed_at")]

    operations = [
        migrations.AddField(
            "storeconnection",
            "shop_id",
            models.CharField(blank=True, db_default="", default="", editable=False, max_length=64),
        ),
        migrations.AddField(
            "storeconnection",
            "shop_domain",
            models.CharField(blank=True, db_default="", default="", editable=False, max_length=255),
        ),
        migrations.AddConstraint(
            "storeconnection",
            models.UniqueConstraint(
                condition=models.Q(("shop_id", ""), _negated=True),
                fields=("shop_id",),
                name="one_connection_per_shop",
            ),
        ),
        migrations.RunPython(make_checks_due, migrations.RunPython.noop),
    ]
