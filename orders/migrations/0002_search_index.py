"""What only PostgreSQL has: a byte-wise sort of names, which an index can walk, and a trigram index for the search box.

Without the pg_trgm extension the search is right but slow.
"""

from django.db import migrations

from common.migrations import install_trigrams


def add_to_postgresql(apps, schema_editor):
    connection = schema_editor.connection
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute('ALTER TABLE orders_order ALTER COLUMN customer_name TYPE varchar(255) COLLATE "C"')
        if install_trigrams(connection):
            cursor.execute("CREATE INDEX order_search ON orders_order USING gin (search gin_trgm_ops)")


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]
    operations = [migrations.RunPython(add_to_postgresql, migrations.RunPython.noop)]
