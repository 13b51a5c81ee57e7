"""Which of the orders that are here have a total at their store that its parts do not explain (O11)."""

from collections import defaultdict
from decimal import Decimal

from django.db import migrations

from orders.domain.money import round_money

CHUNK = 2_000
ZERO = Decimal(0)
COLUMNS = [
    "pk",
    "store_total",
    "store_shipping",
    "store_tax",
    "store_tax_included",
    "store_tip",
    "store_tip_is_line",
    "store_duties",
    "store_fees",
]


def fill(apps, schema_editor):
    alias = schema_editor.connection.alias
    orders = apps.get_model("orders", "Order").objects.using(alias)
    lines = apps.get_model("orders", "OrderLine").objects.using(alias)
    last = 0
    while rows := list(_behind(orders, last)):
        sums = _sums_of_lines(lines, last, rows[-1].pk)
        differing = [row.pk for row in rows if row.store_total != sums[row.pk] + _beside_lines(row)]
        orders.filter(pk__in=differing).update(totals_differ=True)
        last = rows[-1].pk


def _behind(orders, last):
    rows = orders.filter(pk__gt=last, store_total__isnull=False).order_by("pk")
    return rows.values_list(*COLUMNS, named=True)[:CHUNK]


def _sums_of_lines(lines, last, until):
    sums = defaultdict(lambda: ZERO)
    columns = ["order_id", "store_quantity", "store_price", "store_discount"]
    found = lines.filter(order_id__gt=last, order_id__lte=until, store_quantity__isnull=False)
    for order_id, quantity, price, discount in found.values_list(*columns).iterator():
        sums[order_id] += round_money(quantity * price - discount)
    return sums


def _beside_lines(row):
    tax = ZERO if row.store_tax_included else row.store_tax
    tip = ZERO if row.store_tip_is_line else row.store_tip
    parts = [row.store_shipping, tax, tip, row.store_duties, row.store_fees]
    return sum((part for part in parts if part), ZERO)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("orders", "0020_index_store_states")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
