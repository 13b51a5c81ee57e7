"""The tables that are queues get the same columns (common.leases): due_at, lease, leased_until."""

from django.db import migrations, models


LEASE = models.UUIDField(null=True, editable=False)
MOMENT = models.DateTimeField(null=True, editable=False)


class Migration(migrations.Migration):
    dependencies = [("orders", "0014_platform_is_chosen_when_connecting")]

    operations = [
        migrations.RenameField("refresh", "batch", "lease"),
        migrations.AlterField("refresh", "lease", LEASE),
        migrations.AddField("refresh", "due_at", MOMENT),
        migrations.AddField("bulkaction", "due_at", MOMENT),
        migrations.AddField("bulkaction", "lease", LEASE),
        # In Django's state only: nobody edits these columns.
        migrations.AlterField("refresh", "leased_until", MOMENT),
        migrations.AlterField("bulkaction", "leased_until", MOMENT),
    ]
