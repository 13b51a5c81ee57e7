"""No migration keeps people from working: each is read as PostgreSQL gets it (``sqlmigrate``)."""

import inspect
import re
import sys
from collections.abc import Iterable, Iterator

import pytest
from django.apps import apps
from django.db import connection
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor

from tests.upgrade.versions import FIRST

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        "connection.vendor != 'postgresql'", reason="reads PostgreSQL's statements"
    ),
]
SMALL = {
    "common_formdraft",
    "integrations_heartbeat",
    "integrations_importjob",
    "integrations_storeconnection",
    "inventory_category",
    "inventory_warehouse",
    "orders_bulkaction",
    "orders_ordertype",
    "orders_preferences",
    "orders_status",
    "orders_store",
}
"""Tables that do not grow with orders, customers or products. Any other may have millions of rows."""
RULES = [
    (r"CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY)", "index without CONCURRENTLY"),
    (r"ALTER COLUMN \S+ TYPE", "type that rewrites the table"),
    (r"ALTER COLUMN \S+ SET NOT NULL", "NOT NULL that reads the table"),
    (r"ADD CONSTRAINT (?!.*NOT VALID)", "constraint that is validated under its lock"),
    (r"^UPDATE ", "rows that are changed under one lock"),
]
OLD_PROCESSES = [
    (
        r"ADD COLUMN (?!.*DEFAULT).*NOT NULL",
        "NOT NULL without a default in the database",
    ),
    (r"ALTER COLUMN \S+ DROP DEFAULT", "NOT NULL without a default in the database"),
    (r"\bRENAME (?:TO|COLUMN)", "name that processes of the version before use"),
    (r"DROP (?:COLUMN|TABLE)", "column that processes of the version before use"),
]
"""They go on while the database is migrated, whatever a table's size."""
TABLE = re.compile(
    r'(?:ALTER TABLE(?: ONLY)?|UPDATE|DROP TABLE|INDEX .*? ON) "(\w+)"', re.DOTALL
)
OF_BEFORE = {
    # For these the old processes are stopped (docs/operations.md, "Upgrade"); renaming takes no time.
    "orders.0015_columns_of_queues": "name",
    "customers.0005_erasure_records": "name",
    "integrations.0015_columns_of_queues": "name",
    # varchar(24) becomes varchar(32), which rewrites nothing.
    "integrations.0017_words_of_the_field": "name|column|type",
    # Products and their keys at stores: 200,000 take a tenth of a second.
    "inventory.0007_matches_merges_and_archive": "index",
    # Bulk actions are kept for 30 days.
    "orders.0033_undo": "index",
}
"""Migration -> kinds of what it may do, since it was written before these rules."""
MODEL = re.compile(r'get_model\("(\w+)", "(\w+)"\)')


def faults(statements: Iterable[str]) -> Iterator[str]:
    """What these statements of one migration would do to people who are working."""
    statements = list(statements)
    made = set(re.findall(r'CREATE TABLE "(\w+)"', "\n".join(statements)))
    for statement in statements:
        found = TABLE.search(statement)
        if not found or found[1] in made:
            continue
        rules = OLD_PROCESSES + (RULES if found[1] not in SMALL else [])
        for pattern, fault in rules:
            if re.search(pattern, statement, re.DOTALL):
                yield f"{fault}: {found[1]}"


def migrations() -> Iterator[Migration]:
    """All that an installation of the first landed version lacks."""
    graph = MigrationExecutor(connection).loader.graph
    applied = {key for leaf in FIRST.leaves for key in graph.forwards_plan(leaf)}
    ours = {config.label for config in apps.get_app_configs()} - {"axes"}
    for key in sorted(graph.nodes):
        if key not in applied and key[0] in ours and not _is_djangos(key[0]):
            yield graph.nodes[key]


def _is_djangos(label: str) -> bool:
    return apps.get_app_config(label).name.startswith("django.")


def statements_of(migration: Migration) -> list[str]:
    sql = MigrationExecutor(connection).loader.collect_sql([(migration, False)])
    return [each for each in sql if not each.startswith("--")]


def test_migrations_lock_no_large_table_and_suit_old_processes():
    found, needed = [], set()
    for migration in migrations():
        allowed = OF_BEFORE.get(str(migration))
        for fault in faults(statements_of(migration)):
            if allowed and re.match(allowed, fault):
                needed.add(str(migration))
            else:
                found.append(f"{migration}: {fault}")
    assert found == []
    assert needed == set(OF_BEFORE)


def large_tables_of(migration: Migration) -> set[str]:
    """Those whose models it takes to change or read their rows."""
    source = inspect.getsource(sys.modules[migration.__module__])
    found = {(app, f"{app}_{name}".lower()) for app, name in MODEL.findall(source)}
    return {table for app, table in found if app != "auth"} - SMALL


def test_rows_of_large_tables_are_changed_by_the_chunk():
    """Outside of a transaction, and so without changes of tables: the migration can be started again where it
    was interrupted."""
    whole, mixed = [], []
    for migration in migrations():
        if migration.atomic:
            whole += [str(migration)] if large_tables_of(migration) else []
        else:
            statements = [
                each for each in statements_of(migration) if " INDEX " not in each
            ]
            mixed += [str(migration)] if any(map(TABLE.search, statements)) else []
    assert (whole, mixed) == ([], [])


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        (
            'CREATE INDEX "a" ON "orders_order" ("note");',
            "index without CONCURRENTLY: orders_order",
        ),
        ('CREATE INDEX CONCURRENTLY "a" ON "orders_order" ("note");', None),
        ('CREATE UNIQUE INDEX "a" ON "orders_store" ("name");', None),
        (
            'ALTER TABLE "orders_store" ADD COLUMN "a" integer NOT NULL;',
            "NOT NULL without a default in the database: orders_store",
        ),
        (
            'ALTER TABLE "orders_order" ADD COLUMN "a" integer DEFAULT 0 NOT NULL;',
            None,
        ),
        (
            'ALTER TABLE "orders_order" ALTER COLUMN "a" DROP DEFAULT;',
            "NOT NULL without a default in the database: orders_order",
        ),
        (
            'ALTER TABLE "orders_orderline" ALTER COLUMN "a" TYPE bigint USING "a"::bigint;',
            "type that rewrites the table: orders_orderline",
        ),
        (
            'ALTER TABLE "orders_order" ADD CONSTRAINT "a" CHECK ("total" > 0);',
            "constraint that is validated under its lock: orders_order",
        ),
        (
            'ALTER TABLE "orders_order" ADD CONSTRAINT "a" CHECK ("total" > 0) NOT VALID;',
            None,
        ),
        (
            'ALTER TABLE "orders_order" ALTER COLUMN "a" SET NOT NULL;',
            "NOT NULL that reads the table: orders_order",
        ),
        (
            'UPDATE "orders_order" SET "a" = 1 WHERE "a" IS NULL;',
            "rows that are changed under one lock: orders_order",
        ),
        (
            'ALTER TABLE "orders_status" RENAME COLUMN "a" TO "b";',
            "name that processes of the version before use: orders_status",
        ),
    ],
)
def test_rules_tell_what_blocks(statement, fault):
    assert list(faults([statement])) == ([fault] if fault else [])
