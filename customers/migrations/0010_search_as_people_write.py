"""Writes anew what every customer is found by: spellings, hyphens and apostrophes as people write them."""

from django.db import migrations

from common.migrations import rewrite
from common.text import search_text
from customers.phones import searchable

WRITTEN = ["names", "search"]
READ = ["first_name", "last_name", "company", "phone", "phone_typed", "email"]


def write_anew(apps, schema_editor):
    Customer = apps.get_model("customers", "Customer")
    CustomerKey = apps.get_model("customers", "CustomerKey")
    alias = schema_editor.connection.alias

    def work_out(customers):
        phones = {customer.pk: {customer.phone: customer.phone_typed} for customer in customers}
        keys = CustomerKey.objects.using(alias).filter(customer__in=phones, key__startswith="phone:")
        for customer_id, key, typed in keys.order_by("id").values_list("customer_id", "key", "typed"):
            phones[customer_id][key.removeprefix("phone:")] = typed
        for each in customers:
            names = [f"{each.first_name} {each.last_name}".strip() or each.company, each.company]
            each.names = search_text(names)[:511]
            numbers = [text for phone, typed in phones[each.pk].items() for text in searchable(phone, typed)]
            each.search = search_text([*names, each.email, *numbers])

    rewrite(Customer.objects.using(alias).only(*READ, *WRITTEN), WRITTEN, work_out)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("customers", "0009_find_doubtful_matches")]
    operations = [migrations.RunPython(write_anew, migrations.RunPython.noop)]
