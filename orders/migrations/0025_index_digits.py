from django.db import migrations, models

from common.migrations import AddIndexWithoutLock


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("orders", "0024_numbers_and_buyers")]

    operations = [
        AddIndexWithoutLock("order", models.Index(fields=["number_digits"], name="order_number_digits")),
        AddIndexWithoutLock(
            "order",
            models.Index(
                fields=["more_digits"],
                name="order_more_digits",
                condition=models.Q(more_digits__gt=""),
            ),
        ),
    ]
