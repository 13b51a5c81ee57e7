"""What an order's number at its store is found by, and who bought where the order is another customer's."""

from django.db import migrations, models

DIGITS = models.CharField(max_length=64, blank=True, editable=False, default="", db_default="")


class Migration(migrations.Migration):
    dependencies = [("orders", "0023_language_and_reading")]

    operations = [
        migrations.AddField("order", "number_digits", DIGITS),
        migrations.AddField("order", "more_digits", DIGITS),
        migrations.AddField(
            "order",
            "buyer_name",
            models.CharField(max_length=255, blank=True, editable=False, default="", db_default=""),
        ),
    ]
