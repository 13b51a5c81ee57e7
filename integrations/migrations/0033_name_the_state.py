"""The administration filters by the state, under its name."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0032_who_looks_up_orders")]
    operations = [
        migrations.AlterField(
            model_name="storeconnection",
            name="state",
            field=models.CharField(
                choices=[
                    ("working", "working"),
                    ("waiting", "waiting"),
                    ("needs_attention", "needs attention"),
                ],
                default="working",
                editable=False,
                max_length=16,
                verbose_name="state",
            ),
        ),
    ]
