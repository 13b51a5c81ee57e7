"""Writes anew what every order is found by: spellings, hyphens, apostrophes, and the digits of its number.

The orders of before 0012 too: their public words had been put together by the database, which lowers Ü to ü, while what is
typed is folded to u, so whoever may not see contact data found nobody with an accent.
"""

from django.db import migrations

from common.migrations import rewrite
from common.text import digits_of, search_text
from customers.phones import searchable
from orders.domain.buyer_entries import identifiers

MARK = "\x1f"
MAX_LENGTH = 6_000
WRITTEN = ["number_digits", "more_digits", "search"]
READ = ["external_number", "purchase_order", "buyer_name", "buyer_entries", "customer"]


def write_anew(apps, schema_editor):
    Order = apps.get_model("orders", "Order")
    OrderLine = apps.get_model("orders", "OrderLine")
    Customer = apps.get_model("customers", "Customer")
    alias = schema_editor.connection.alias

    def work_out(orders):
        customers = Customer.objects.using(alias).in_bulk({order.customer_id for order in orders if order.customer_id})
        lines = {order.pk: [] for order in orders}
        for line in OrderLine.objects.using(alias).filter(order__in=lines).order_by("position", "id"):
            lines[line.order_id].append(line)
        for order in orders:
            order.number_digits, order.more_digits = digits_of(order.external_number)
            order.search = _search(order, customers.get(order.customer_id), lines[order.pk])

    rewrite(Order.objects.using(alias).only(*READ, *WRITTEN), WRITTEN, work_out)


def _search(order, customer, lines):
    contact, words = [], [order.external_number, order.purchase_order, order.buyer_name]
    words += identifiers([order.buyer_entries, *(line.buyer_entries for line in lines)])
    if customer:
        contact = [customer.email, *searchable(customer.phone, customer.phone_typed)]
        words += [f"{customer.first_name} {customer.last_name}".strip() or customer.company, customer.company]
    for line in lines:
        words += [line.name, line.sku]
    text = f"{search_text(contact)}{MARK}{search_text(words)}"
    return "" if text == MARK else text[:MAX_LENGTH]


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("orders", "0025_index_digits"), ("customers", "0010_search_as_people_write")]
    operations = [migrations.RunPython(write_anew, migrations.RunPython.noop)]
