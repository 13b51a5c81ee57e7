"""Rows by a long list of values, at the price of one parameter."""

import json
from collections.abc import Iterable
from typing import Any

from django.db.models import F
from django.db.models.lookups import Lookup


class Among(Lookup):
    """``column IN values``, the whole list as one parameter: a page of orders asks for hundreds of keys several times, and
    to write and scan a mark for each costs more than to find the rows."""

    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, params = self.process_lhs(compiler, connection)
        if connection.vendor == "postgresql":
            return f"{column} = ANY(%s)", (*params, _array(self.rhs))
        return f"{column} IN (SELECT value FROM json_each(%s))", (*params, json.dumps(self.rhs))  # noqa: S608  no outside text


def _array(values: list[str] | list[int]) -> str:
    """PostgreSQL's notation of an array: psycopg's way to it, value by value, takes longer than the query."""
    if not values:
        return "{}"
    joined = "\x00".join(map(str, values)).replace("\\", r"\\").replace('"', r"\"")
    return '{"' + joined.replace("\x00", '","') + '"}'


def among(column: str, values: Iterable[str] | Iterable[int]) -> Among:
    """A condition for ``filter``: the ``column``, of texts or of whole numbers, has one of ``values``; none has one of none."""
    # No row holds a NUL: PostgreSQL refuses it, and SQLite would look for what stands before it.
    return Among(F(column), [value for value in values if isinstance(value, int) or "\x00" not in value])
