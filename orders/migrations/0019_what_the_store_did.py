from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0018_what_buyers_entered")]
    operations = [
        migrations.AddField(
            model_name="order",
            name="difference",
            field=models.JSONField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="order",
            name="totals_differ",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
    ]
