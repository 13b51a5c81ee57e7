from django.db import migrations, models


class Migration(migrations.Migration):
    """A store's platform is chosen when it is connected: the model names none of its own accord."""

    dependencies = [("orders", "0013_update_order_in_bulk")]
    operations = [
        migrations.AlterField(
            model_name="store",
            name="platform",
            field=models.CharField(editable=False, max_length=32),
        ),
    ]
