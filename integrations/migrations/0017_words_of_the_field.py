"""Models and columns in the words of the field; columns that nobody read go.

Renaming takes no time however large a table is. The exceptions are SQLite's, whose tables are small.
"""

from django.db import migrations, models
from django.db.models import CASCADE, ForeignKey


class Migration(migrations.Migration):
    dependencies = [("integrations", "0016_deliveries_are_due"), ("orders", "0016_what_waits_is_due")]

    operations = [
        # Why an order is not here
        migrations.RenameModel("LedgerEntry", "UnimportedOrder"),
        migrations.SeparateDatabaseAndState(
            # Databases carry their indexes along; Django's state does not.
            database_operations=[migrations.RenameField("unimportedorder", "fate", "status")],
            state_operations=[
                migrations.RemoveIndex("unimportedorder", "ledger_fate"),
                migrations.RenameField("unimportedorder", "fate", "status"),
                migrations.AddIndex(
                    "unimportedorder", models.Index(fields=["store", "status"], name="ledger_fate")
                ),
            ],
        ),
        migrations.RenameIndex("unimportedorder", "unimported_status", old_name="ledger_fate"),
        migrations.RenameIndex("unimportedorder", "unimported_number", old_name="ledger_number"),
        migrations.RenameIndex("unimportedorder", "unimported_due", old_name="ledger_due"),
        migrations.RenameField("unimportedorder", "all_the_same", "override_rules"),
        migrations.RemoveField("unimportedorder", "first_at"),
        migrations.AlterField(
            "unimportedorder", "store", ForeignKey("orders.store", CASCADE, related_name="unimported_orders")
        ),
        # Import jobs
        migrations.RenameModel("ImportRun", "ImportJob"),
        migrations.RenameField("importjob", "way", "method"),
        migrations.RenameIndex("importjob", "job_due", old_name="run_due"),
        migrations.RenameIndex("importjob", "job_history", old_name="run_history"),
        migrations.AlterField(
            "importjob", "store", ForeignKey("orders.store", CASCADE, related_name="import_jobs")
        ),
        # Webhooks
        migrations.RenameField("webhookdelivery", "news", "event"),
        migrations.AlterField("webhookdelivery", "event", models.CharField(max_length=32)),
        migrations.RemoveField("webhookdelivery", "triggered_at"),
        # Stores
        migrations.RenameField("storeconnection", "mark", "synced_until"),
        migrations.RenameField("storeconnection", "walk_position", "cursor"),
        migrations.RenameField("storeconnection", "walk_newest", "newest_seen_at"),
        migrations.RenameField("storeconnection", "rests_until", "rate_limited_until"),
        migrations.RenameField("storeconnection", "fallen_version", "served_api_version"),
        migrations.RenameField("storeconnection", "customers_wiped_at", "customer_fields_blocked_at"),
        migrations.RemoveField("storeconnection", "webhooks_checked_at"),
        # Last, since nobody can write what refers to a user while this waits for the rest.
        migrations.RemoveField("unimportedorder", "asked_by"),
    ]
