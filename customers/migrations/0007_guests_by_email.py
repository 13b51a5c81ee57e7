"""Gives the guests who came in before the key by which their next order finds them: their e-mail address. Of several
with one address the first is found; nobody is merged."""

import re

from django.db import migrations
from django.db.models import Exists, OuterRef

CHUNK = 1_000
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def name_guests(apps, schema_editor):
    Customer = apps.get_model("customers", "Customer")
    CustomerKey = apps.get_model("customers", "CustomerKey")
    named = CustomerKey.objects.filter(customer=OuterRef("pk")).exclude(key__startswith="email:")
    guests = Customer.objects.filter(
        ~Exists(named), merged_into__isnull=True, erased_at__isnull=True
    ).exclude(email="")
    last = 0
    while rows := list(guests.filter(pk__gt=last).order_by("pk").values_list("pk", "email")[:CHUNK]):
        last = rows[-1][0]
        keys = [
            CustomerKey(key=f"email:{email.strip().casefold()}", customer_id=pk)
            for pk, email in rows
            if ADDRESS.fullmatch(email.strip())
        ]
        CustomerKey.objects.bulk_create(
            [each for each in keys if len(each.key) <= 255], ignore_conflicts=True
        )


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("customers", "0006_what_was_typed")]
    operations = [migrations.RunPython(name_guests, migrations.RunPython.noop)]
