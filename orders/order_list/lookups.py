"""What the list's filters offer and the names its rows show: one query for every page of the list."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import CharField, F, IntegerField, Model, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast

from orders.domain.assignees import (
    MAX_LISTED,
    NAME,
    Choice,
    Names,
    assignable,
    in_order,
)
from orders.models import OrderType, Status, Store

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Lookups:
    """Statuses, types and stores hold only what the list shows of them; other fields cost a query each."""

    statuses: Sequence[Status]
    types: Sequence[OrderType]
    stores: Sequence[Store]
    people: Sequence[Choice] | None
    """Whom orders may be assigned to; None for too many to be listed."""
    names: Names = field(default_factory=Names)


def load_lookups() -> Lookups:
    """What the database holds of these now. One query."""
    statement, params = _statement()
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        rows: list[tuple[str, int, str, str, str, int, int]] = cursor.fetchall()
    # What is offered no more stands last.
    rows.sort(key=lambda row: (not row[6], row[5], row[2].casefold()))

    def kind(wanted: str, model: type[M], flag: str, *fields: str) -> list[M]:
        names = ["id", *fields, flag]
        # Django takes the values in the order of the model's own columns.
        columns = [each.attname for each in model._meta.concrete_fields]
        order = sorted(range(len(names)), key=lambda place: columns.index(names[place]))
        names = [names[place] for place in order]
        found = (
            [*row[1 : 2 + len(fields)], bool(row[6])]
            for row in rows
            if row[0] == wanted
        )
        return [
            model.from_db("default", names, [values[place] for place in order])
            for values in found
        ]

    people = in_order(Choice(row[1], row[2]) for row in rows if row[0] == "person")
    return Lookups(
        statuses=kind("status", Status, "is_active", "name", "group", "colour"),
        types=kind("type", OrderType, "is_active", "name"),
        stores=kind("store", Store, "is_connected", "name", "order_link"),
        people=people if len(people) <= MAX_LISTED else None,
        names=Names((each.pk, each.name) for each in people),
    )


@cache
def _statement() -> tuple[str, Sequence[Any]]:
    """SQL for all lookups and its parameters, built once: Django takes longer to build it than the database
    to run it."""
    # One more than are listed says that there are more.
    people = assignable().order_by("pk").values("pk")[: MAX_LISTED + 1]
    status = _part(
        Status.objects.all(),
        "status",
        F("name"),
        "is_active",
        first=F("group"),
        second=F("colour"),
        position=F("position"),
    )
    union = status.union(
        _part(OrderType.objects.all(), "type", F("name"), "is_active"),
        _part(
            Store.objects.all(),
            "store",
            F("name"),
            "is_connected",
            first=F("order_link"),
        ),
        _part(User.objects.filter(pk__in=people), "person", NAME, "is_active"),
    )
    return union.query.sql_with_params()


def _part(
    rows: QuerySet[Any],
    kind: str,
    name: Combinable,
    offered: str,
    *,
    first: Combinable | None = None,
    second: Combinable | None = None,
    position: Combinable | None = None,
) -> QuerySet[Any, Any]:
    """One part of the union: kind, id, name, two more texts, position, and whether it is offered."""
    nothing = Value("", output_field=CharField())
    return rows.order_by().values_list(
        Value(kind, output_field=CharField()),
        F("pk"),
        name,
        first or nothing,
        second or nothing,
        position or Value(0, output_field=IntegerField()),
        Cast(offered, IntegerField()),
    )
