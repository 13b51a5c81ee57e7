"""Indexes by which PostgreSQL finds a text within others. They need its extension pg_trgm; without them
searches are right but slow."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.backends.base.base import BaseDatabaseWrapper


@dataclass(frozen=True, slots=True)
class TrigramIndex:
    name: str
    table: str
    column: str


INDEXES = [
    TrigramIndex("order_search", "orders_order", "search"),
    TrigramIndex("customer_search", "customers_customer", "search"),
    TrigramIndex("customer_names_words", "customers_customer", "names"),
    TrigramIndex("product_search", "inventory_product", "search"),
]
"""As migrations make them where the extension is there."""


def missing(connection: BaseDatabaseWrapper) -> list[TrigramIndex]:
    """Those that this database lacks, though it has their tables; a half-built one is missing too."""
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class JOIN pg_index ON indexrelid = oid WHERE indisvalid"
        )
        indexes = {name for (name,) in cursor.fetchall()}
        tables = set(connection.introspection.table_names(cursor))
    return [
        each for each in INDEXES if each.name not in indexes and each.table in tables
    ]


def add_missing(connection: BaseDatabaseWrapper) -> Iterator[TrigramIndex]:
    """Build what is missing while others write to the tables, and yield each index that was built. Raises
    django.db.DatabaseError where the extension can be neither found nor installed."""
    lacking = missing(connection)
    if not lacking:
        return
    with connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        for index in lacking:
            cursor.execute(f'DROP INDEX CONCURRENTLY IF EXISTS "{index.name}"')
            cursor.execute(
                f'CREATE INDEX CONCURRENTLY "{index.name}" ON "{index.table}" '
                f'USING gin ("{index.column}" gin_trgm_ops)'
            )
            yield index
