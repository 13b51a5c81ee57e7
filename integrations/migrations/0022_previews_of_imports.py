"""What an initial import would bring in, counted before it begins."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0021_shops_own_ids")]

    operations = [
        migrations.AddField("importjob", "preview", models.JSONField(editable=False, null=True)),
    ]
