"""Parts what orders are found by: the words of before, which hold e-mail and phone, stand before the mark, public ones behind it.

Each order's words are put in order when it is written next.
"""

from django.db import migrations
from django.db.models import F, Value
from django.db.models.functions import Concat, Lower

MARK = "\x1f"


def part(apps, schema_editor):
    Order = apps.get_model("orders", "Order")
    line = Value("\n")
    public = Lower(Concat(F("external_number"), line, F("customer_name"), line, F("items")))
    Order.objects.exclude(search__contains=MARK).update(search=Concat(F("search"), Value(MARK), public))


class Migration(migrations.Migration):
    dependencies = [("orders", "0011_type_events")]
    operations = [migrations.RunPython(part, migrations.RunPython.noop)]
