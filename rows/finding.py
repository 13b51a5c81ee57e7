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
            return f"{column} = ANY(%s)", (*params, self.rhs)
        return f"{column} IN (SELECT value FROM json_each(%s))", (*params, json.dumps(self.rhs))  # noqa: S608  no outside text


def among(column: str, values: Iterable[str] | Iterable[int]) -> Among:
    """A condition for ``filter``: the ``column``, of texts or of whole numbers, has one of ``values``; none has one of none."""
    return Among(F(column), list(values))
