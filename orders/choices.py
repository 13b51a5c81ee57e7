"""What the list's filters offer, and what the user may do: one query, since every page of the list needs it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import CharField, F, IntegerField, QuerySet, Value

from orders import rights
from orders.models import OrderType, Status, Store


@dataclass(frozen=True, slots=True)
class Choice:
    pk: int
    name: str
    group: str = ""
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Choices:
    statuses: Sequence[Choice]
    types: Sequence[Choice]
    stores: Sequence[Choice]
    people: Sequence[Choice]
    granted: frozenset[str]
    """The user's permissions, like "orders.add_order". A superuser has more than these."""
    may_work: bool
    """With synchronised orders (O8)."""


def choices_for(user: Any) -> Choices:
    """The choices for ``user``, a signed-in one, whose ``has_perm`` costs no query afterwards."""
    people = get_user_model().objects.filter(is_active=True)
    rows: list[tuple[str, int, str, str, str, int]] = list(
        _part(Status.objects.all(), "status", F("name"), first=F("group"), second=F("colour"), position=F("position")).union(
            _part(OrderType.objects.all(), "type", F("name")),
            _part(Store.objects.all(), "store", F("name")),
            _part(people, "person", F("username"), first=F("first_name"), second=F("last_name")),
            _part(rights.granted(user), "granted", F("full_name")),
        )
    )
    rows.sort(key=lambda row: (row[5], row[2].casefold()))

    def kind(wanted: str) -> list[Choice]:
        return [Choice(pk, name, group, colour) for kind, pk, name, group, colour, _ in rows if kind == wanted]

    granted = frozenset(each.name for each in kind("granted"))
    rights.remember(user, set(granted))
    return Choices(
        statuses=kind("status"),
        types=kind("type"),
        stores=kind("store"),
        people=[Choice(each.pk, f"{each.group} {each.colour}".strip() or each.name) for each in kind("person")],
        granted=granted,
        may_work=user.has_perm(rights.WORK),
    )


def may_work(user: Any) -> bool:
    """Whether ``user``, a signed-in one, may work with synchronised orders. One query."""
    rights.learn(user)
    return bool(user.has_perm(rights.WORK))


def _part(
    rows: QuerySet[Any], kind: str, name: Any, *, first: Any = None, second: Any = None, position: Any = None
) -> QuerySet[Any, Any]:
    """One part of the union: kind, id, name, two more texts, position."""
    nothing = Value("", output_field=CharField())
    return rows.order_by().values_list(
        Value(kind, output_field=CharField()),
        F("pk"),
        name,
        first or nothing,
        second or nothing,
        position or Value(0, output_field=IntegerField()),
    )
