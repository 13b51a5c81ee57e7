"""Products are counted in pieces, in the installation's language: one that began in German has German pieces."""

from django.conf import settings
from django.db import migrations, models

import inventory.models.product

CHUNK = 5_000


def translate(apps, schema_editor):
    began_in_german = apps.get_model("auth", "Group").objects.filter(name="Fachkraft").exists()
    if not (settings.LANGUAGE_CODE.startswith("de") and began_in_german):
        return
    Product = apps.get_model("inventory", "Product")
    last = 0
    while ids := list(Product.objects.filter(pk__gt=last).order_by("id").values_list("id", flat=True)[:CHUNK]):
        Product.objects.filter(pk__in=ids, unit="pcs").update(unit="Stück")
        last = ids[-1]


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("inventory", "0009_search_as_people_write"), ("orders", "0003_defaults")]

    operations = [
        migrations.AlterField(
            model_name="product",
            name="unit",
            field=models.CharField(
                default=inventory.models.product.default_unit, max_length=32, verbose_name="unit of measure"
            ),
        ),
        migrations.RunPython(translate, migrations.RunPython.noop, elidable=True),
    ]
