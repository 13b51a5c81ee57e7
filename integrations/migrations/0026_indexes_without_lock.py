"""Indexes of the orders that are not here, which may be many. 0020 and 0022 built them while nobody could write; where
that has happened they are built anew."""

from django.db import migrations, models

from common.migrations import AddIndexWithoutLock


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("integrations", "0025_previews_of_imports")]

    operations = [
        AddIndexWithoutLock(
            "unimportedorder",
            models.Index(
                fields=["store"],
                name="unimported_kept_out",
                condition=models.Q(status__in=["held", "failed"]),
            ),
        ),
        AddIndexWithoutLock("unimportedorder", models.Index(fields=["number_digits"], name="unimported_digits")),
        AddIndexWithoutLock(
            "unimportedorder",
            models.Index(
                fields=["more_digits"],
                name="unimported_more_digits",
                condition=models.Q(more_digits__gt=""),
            ),
        ),
    ]
