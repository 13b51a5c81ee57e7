"""Webhook deliveries that wait are due since they came in. Those that were acted on need no date: there may be
very many of them, and nobody asks."""

from django.db import migrations
from django.db.models import F


def fill(apps, schema_editor):
    waiting = apps.get_model("integrations", "WebhookDelivery").objects.filter(drained_at__isnull=True)
    waiting.update(due_at=F("received_at"))


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("integrations", "0015_columns_of_queues")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
