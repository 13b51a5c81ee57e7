"""What an initial import would bring in, counted before it begins."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0024_words_in_the_administration")]

    operations = [
        migrations.AddField("importjob", "preview", models.JSONField(editable=False, null=True)),
    ]
