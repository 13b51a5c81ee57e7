"""Fill the search column of the products there are, and give it a trigram index where PostgreSQL has the extension.

Without the pg_trgm extension the search is right but slow.
"""

from itertools import islice

from django.db import migrations

from common.migrations import install_trigrams
from common.text import without_accents as fold


def fill(apps, schema_editor):
    Product = apps.get_model("inventory", "Product")
    products = Product.objects.only("name", "sku", "code").order_by("id").iterator(2_000)
    while rows := list(islice(products, 2_000)):
        for row in rows:
            row.search = fold("\n".join(dict.fromkeys(each for each in [row.name, row.sku, row.code] if each)))
        Product.objects.bulk_update(rows, ["search"])


def add_index(apps, schema_editor):
    connection = schema_editor.connection
    if not install_trigrams(connection):
        return
    with connection.cursor() as cursor:
        cursor.execute("CREATE INDEX product_search ON inventory_product USING gin (search gin_trgm_ops)")


class Migration(migrations.Migration):
    dependencies = [("inventory", "0004_product_search")]
    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunPython(add_index, migrations.RunPython.noop),
    ]
