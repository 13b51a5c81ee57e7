"""Updates and bulk actions that wait are due since they were asked for. Those that are done need no date: there
may be very many of them, and nobody asks."""

from django.db import migrations
from django.db.models import F


def fill(apps, schema_editor):
    apps.get_model("orders", "Refresh").objects.filter(outcome="pending").update(due_at=F("accepted_at"))
    apps.get_model("orders", "BulkAction").objects.filter(done_at__isnull=True).update(due_at=F("asked_at"))


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("orders", "0015_columns_of_queues")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
