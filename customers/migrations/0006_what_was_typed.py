"""Keeps phone numbers as they were typed, beside what was read in them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0005_erasure_records")]
    operations = [
        migrations.AddField(
            "customer",
            "phone_typed",
            models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=64
            ),
        ),
        migrations.AddField(
            "customerkey",
            "typed",
            models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
    ]
