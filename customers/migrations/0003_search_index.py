"""Fills what customers are found by, and adds what only PostgreSQL has: a byte-wise sort of names, and trigram indexes.

Without the pg_trgm extension the search is right but slow.
"""

from django.db import migrations

from common.migrations import install_trigrams
from common.text import without_accents as fold

CHUNK = 1_000


def fill(apps, schema_editor):
    Customer = apps.get_model("customers", "Customer")
    CustomerKey = apps.get_model("customers", "CustomerKey")
    last = 0
    while rows := list(Customer.objects.filter(pk__gt=last).order_by("pk")[:CHUNK]):
        last = rows[-1].pk
        phones = {}
        keys = CustomerKey.objects.filter(customer__in=rows, key__startswith="phone:")
        for customer_id, key in keys.values_list("customer_id", "key"):
            phones.setdefault(customer_id, []).append(key.removeprefix("phone:"))
        for row in rows:
            name = f"{row.first_name} {row.last_name}".strip() or row.company
            names = "\n".join(dict.fromkeys(each for each in [name, row.company] if each))
            contact = dict.fromkeys(each for each in [row.email, row.phone, *phones.get(row.pk, [])] if each)
            row.names, row.search = fold(names)[:511], fold("\n".join([names, *contact]))
        Customer.objects.bulk_update(rows, ["names", "search"])


def add_to_postgresql(apps, schema_editor):
    connection = schema_editor.connection
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute('ALTER TABLE customers_customer ALTER COLUMN names TYPE varchar(511) COLLATE "C"')
        if not install_trigrams(connection):
            return
        cursor.execute("CREATE INDEX customer_names_words ON customers_customer USING gin (names gin_trgm_ops)")
        cursor.execute("CREATE INDEX customer_search ON customers_customer USING gin (search gin_trgm_ops)")


class Migration(migrations.Migration):
    dependencies = [("customers", "0002_merging_and_erasing")]
    operations = [
        migrations.RunPython(add_to_postgresql, migrations.RunPython.noop),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
