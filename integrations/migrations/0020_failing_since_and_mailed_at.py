"""Since when a store has failed to answer, and when the admins were told that it needs attention. Of stores that
need it already they were told before."""

from django.db import migrations, models
from django.utils import timezone


def note_mails_of_before(apps, schema_editor):
    connections = apps.get_model("integrations", "StoreConnection").objects
    connections.filter(state="needs_attention").update(mailed_at=timezone.now())


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0019_words_of_labels"),
        ("orders", "0017_words_of_labels"),
    ]

    operations = [
        migrations.AddField("storeconnection", "failing_since", models.DateTimeField(editable=False, null=True)),
        migrations.AddField("storeconnection", "mailed_at", models.DateTimeField(editable=False, null=True)),
        migrations.RunPython(note_mails_of_before, migrations.RunPython.noop),
    ]
