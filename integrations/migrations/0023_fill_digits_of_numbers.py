from django.db import migrations

from common.migrations import rewrite
from common.text import digits_of

WRITTEN = ["number_digits", "more_digits"]


def fill(apps, schema_editor):
    Entry = apps.get_model("integrations", "UnimportedOrder")

    def work_out(entries):
        for entry in entries:
            entry.number_digits, entry.more_digits = digits_of(entry.number)

    rows = Entry.objects.using(schema_editor.connection.alias)
    rewrite(rows.only("number", *WRITTEN), WRITTEN, work_out)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("integrations", "0022_digits_of_numbers")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
