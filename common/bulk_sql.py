"""Many rows at once: written, and found by a long list of values, at the price of one statement each.

New rows go in by COPY on PostgreSQL and by one prepared statement on SQLite. ``bulk_create`` spends more time
on building SQL text than everything else of an import together; these rows need none of what it can do: their
ids are fixed beforehand or not needed, and nothing conflicts under the import lock.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F
from django.db.models.lookups import Lookup
from django.db.models.sql.compiler import SQLCompiler


class AnyOf(Lookup):
    """``column IN values``, the whole list as one parameter: a page of orders asks for hundreds of keys
    several times, and building and parsing a placeholder for each costs more than finding the rows."""

    prepare_rhs = False

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, tuple[str | int, ...]]:
        column, params = self.process_lhs(compiler, connection)
        if connection.vendor == "postgresql":
            return f"{column} = ANY(%s)", (*params, _array(self.rhs))
        condition = f"{column} IN (SELECT value FROM json_each(%s))"  # noqa: S608  no outside text
        return condition, (*params, json.dumps(self.rhs))


def _array(values: list[str] | list[int]) -> str:
    """PostgreSQL's notation of an array: psycopg's way to it, value by value, takes longer than the query."""
    if not values:
        return "{}"
    joined = "\x00".join(map(str, values)).replace("\\", r"\\").replace('"', r"\"")
    return '{"' + joined.replace("\x00", '","') + '"}'


def any_of(column: str, values: Iterable[str] | Iterable[int]) -> AnyOf:
    """A condition for ``filter``: the ``column``, of texts or of whole numbers, has one of ``values``; none
    has one of none."""
    # No row holds a NUL: PostgreSQL refuses it, and SQLite would look for what stands before it.
    return AnyOf(
        F(column),
        [value for value in values if isinstance(value, int) or "\x00" not in value],
    )


def take_ids(model: type[models.Model], count: int) -> Sequence[int]:
    """So many ids that no other row of ``model`` has or will get. Call it inside the transaction that uses
    them."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # A subquery, so that the sequence is looked up once and not for each id.
            sequence = "(SELECT pg_get_serial_sequence(%s, 'id'))::regclass"
            statement = f"SELECT nextval({sequence}) FROM generate_series(1, %s)"  # noqa: S608  no outside text
            cursor.execute(statement, [table, count])
            return [pk for (pk,) in cursor.fetchall()]
        # A transaction has an SQLite database to itself; inserting the ids moves the counter on.
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        last = (cursor.fetchone() or (0,))[0]
    return range(last + 1, last + 1 + count)


def insert(
    model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[object]]
) -> None:
    """Insert rows of values for these columns, as they are. A column that is left out must be one that the
    database fills. Raises Django's database errors."""
    table = connection.ops.quote_name(model._meta.db_table)
    names = ", ".join(connection.ops.quote_name(column) for column in columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Django wraps only what goes through execute: psycopg's own errors would pass by every caller.
            copying = cursor.copy(f"COPY {table} ({names}) FROM STDIN")
            with connection.wrap_database_errors, copying as copy:
                for row in rows:
                    copy.write_row(row)
            return
        marks = ", ".join(["%s"] * len(columns))
        statement = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608  no outside text
        cursor.executemany(statement, [_for_sqlite(row) for row in rows])


def keep_statistics(
    model: type[models.Model], columns: Sequence[str], ids: Sequence[int]
) -> None:
    """Have PostgreSQL look at these columns of the table anew whenever it has doubled, seen by the ``ids`` of
    rows just inserted.

    A table that fills up from nothing is otherwise planned for as an empty one until autovacuum comes by, and
    each page of a first import reads all of the store's orders. SQLite's plans do not depend on counts.
    """
    if (
        connection.vendor == "postgresql"
        and ids[0].bit_length() != ids[-1].bit_length()
    ):
        with connection.cursor() as cursor:
            names = ", ".join(connection.ops.quote_name(column) for column in columns)
            cursor.execute(
                f"ANALYZE {connection.ops.quote_name(model._meta.db_table)} ({names})"
            )


def _for_sqlite(row: Sequence[object]) -> list[Any]:
    """SQLite has no times of its own: Django writes them as text, and so do we."""
    return [
        connection.ops.adapt_datetimefield_value(value)
        if isinstance(value, datetime)
        else value
        for value in row
    ]
