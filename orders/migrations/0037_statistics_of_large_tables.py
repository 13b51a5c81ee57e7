"""PostgreSQL looks at the orders anew after 10,000 changes. By itself it does so when a tenth of the table has
changed: beside ten million orders it would take a new store for an empty one until a million have, and read all
of the store's orders for each one that is updated."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

SETTINGS = "autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 10000"
NAMES = "autovacuum_analyze_scale_factor, autovacuum_analyze_threshold"


def look_often(_apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f'ALTER TABLE "orders_order" SET ({SETTINGS})')


def look_as_usual(_apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f'ALTER TABLE "orders_order" RESET ({NAMES})')


class Migration(migrations.Migration):
    dependencies = [("orders", "0036_presence")]

    operations = [migrations.RunPython(look_often, look_as_usual)]
