"""The tables that are queues get the same columns (common.leases): due_at, lease, leased_until; and attempts."""

from django.db import migrations, models


LEASE = models.UUIDField(null=True, editable=False)
MOMENT = models.DateTimeField(null=True, editable=False)


def rename_indexed(
    model: str, old: str, new: str, index: models.Index
) -> migrations.SeparateDatabaseAndState:
    """Rename a column that ``index`` is on. Databases carry their indexes along; Django's state does not."""
    rename = migrations.RenameField(model, old, new)
    return migrations.SeparateDatabaseAndState(
        database_operations=[rename],
        state_operations=[
            migrations.RemoveIndex(model, index.name),
            rename,
            migrations.AddIndex(model, index),
        ],
    )


class Migration(migrations.Migration):
    dependencies = [("integrations", "0014_admins_see_all_of_stores")]

    operations = [
        migrations.RenameField("storeconnection", "next_poll_at", "due_at"),
        migrations.RenameField("storeconnection", "failures", "attempts"),
        migrations.RenameField("importrun", "failures", "attempts"),
        rename_indexed(
            "ledgerentry",
            "next_try_at",
            "due_at",
            models.Index(fields=["due_at"], name="ledger_due", condition=models.Q(due_at__isnull=False)),
        ),
        migrations.RenameField("ledgerentry", "tries", "attempts"),
        migrations.RenameField("ledgerentry", "batch", "lease"),
        migrations.AddField("ledgerentry", "leased_until", MOMENT),
        migrations.RemoveIndex("webhookdelivery", "delivery_batch"),
        migrations.RenameField("webhookdelivery", "batch", "lease"),
        migrations.AddField("webhookdelivery", "due_at", MOMENT),
        # In Django's state only: nobody edits these columns.
        migrations.AlterField("importrun", "lease", LEASE),
        migrations.AlterField("importrun", "leased_until", MOMENT),
        migrations.AlterField("ledgerentry", "due_at", MOMENT),
        migrations.AlterField("ledgerentry", "lease", LEASE),
        migrations.AlterField("webhookdelivery", "lease", LEASE),
        migrations.AlterField("webhookdelivery", "leased_until", MOMENT),
    ]
