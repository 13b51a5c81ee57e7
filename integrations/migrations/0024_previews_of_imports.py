"""What an initial import would bring in, counted before it begins."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0023_fill_digits_of_numbers")]

    operations = [
        migrations.AddField("importjob", "preview", models.JSONField(editable=False, null=True)),
    ]
