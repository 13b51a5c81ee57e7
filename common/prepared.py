"""Queries whose SQL is made once: for small ones that every page needs, Django takes several times longer to
build them than the database to answer."""

from collections.abc import Callable
from copy import copy
from functools import cache, wraps
from typing import Any, ParamSpec, TypeVar

from django.db import connection
from django.db.models import QuerySet
from django.db.models.sql.compiler import SQLCompiler

P = ParamSpec("P")
R = TypeVar("R")
MARKS = (-2_000_000_011, -2_000_000_033, -2_000_000_087)
"""Numbers that stand for the ids while the SQL is made: nothing has them."""

PLACES = {
    written: place for place, mark in enumerate(MARKS) for written in [mark, str(mark)]
}
"""Which of the ids a mark stands for, as a number or as text."""


def prepared(build: Callable[P, "QuerySet[Any, R]"]) -> Callable[P, list[R]]:
    """Decorates a function that builds a query from ids or keys, up to three: it returns the rows instead.
    These may only be compared with; whatever else the query holds is as it was the first time."""

    @cache
    def made(_vendor: str, number: int) -> tuple["QuerySet[Any, R]", Any, str, Any]:
        rows: Any = build
        queryset = rows(*MARKS[:number])
        compiler = queryset.query.get_compiler(connection=connection)
        return queryset, compiler, *compiler.as_sql()

    @wraps(build)
    def run(*ids: P.args, **_none: P.kwargs) -> list[R]:
        queryset, compiler, sql, params = made(connection.vendor, len(ids))
        values = tuple(ids[PLACES[each]] if each in PLACES else each for each in params)
        # As made, on this thread's connection and with these ids.
        asked = copy(compiler)
        asked.connection = connection
        asked.as_sql = lambda *_args, **_options: (sql, values)
        rows: Any = queryset._iterable_class
        return list(rows(_Asked(queryset, asked)))

    return run


class _Asked:
    """What Django's iterables ask of a queryset and of its query."""

    def __init__(self, queryset: QuerySet[Any, Any], compiler: SQLCompiler) -> None:
        self.db, self.model, self._fields = (
            queryset.db,
            queryset.model,
            queryset._fields,  # type: ignore[attr-defined]  # not in the stubs
        )
        self._known_related_objects: dict[object, object] = {}
        self.query, self.compiler = self, compiler

    def get_compiler(self, *_args: object, **_options: object) -> SQLCompiler:
        return self.compiler
