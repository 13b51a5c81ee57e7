"""What only PostgreSQL has: a byte-wise sort of names, which an index can walk, and a trigram index for the search box.

Without the pg_trgm extension the search is right but slow.
"""

from django.db import migrations, transaction
from django.db.utils import DatabaseError


def add_to_postgresql(apps, schema_editor):
    connection = schema_editor.connection
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute('ALTER TABLE orders_order ALTER COLUMN customer_name TYPE varchar(255) COLLATE "C"')
        cursor.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'")
        if not cursor.fetchone():
            return
        try:
            with transaction.atomic(using=connection.alias):
                cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        except DatabaseError:  # The role may not create extensions: the search works without.
            return
        cursor.execute("CREATE INDEX order_search ON orders_order USING gin (search gin_trgm_ops)")


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]
    operations = [migrations.RunPython(add_to_postgresql, migrations.RunPython.noop)]
