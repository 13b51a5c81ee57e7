"""Orders that are not here are found by the digits of their numbers, too."""

from django.db import migrations, models

DIGITS = models.CharField(max_length=64, blank=True, default="", db_default="")


class Migration(migrations.Migration):
    dependencies = [("integrations", "0021_shops_own_ids"), ("orders", "0024_numbers_and_buyers")]

    operations = [
        migrations.AddField("unimportedorder", "number_digits", DIGITS),
        migrations.AddField("unimportedorder", "more_digits", DIGITS),
    ]
