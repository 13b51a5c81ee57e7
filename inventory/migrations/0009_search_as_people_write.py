"""Writes anew what every product is found by: spellings, hyphens and apostrophes as people write them."""

from django.db import migrations

from common.migrations import rewrite
from common.text import search_text


def write_anew(apps, schema_editor):
    Product = apps.get_model("inventory", "Product")
    alias = schema_editor.connection.alias

    def work_out(products):
        for product in products:
            product.search = search_text([product.name, product.sku, product.code])

    rewrite(Product.objects.using(alias).only("name", "sku", "code", "search"), ["search"], work_out)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("inventory", "0008_grant_permissions")]
    operations = [migrations.RunPython(write_anew, migrations.RunPython.noop)]
