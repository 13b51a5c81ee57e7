"""The shop's own id, and the address it gives as its own. Connections learn them at their next daily
check."""

from django.db import migrations, models


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
    ]
