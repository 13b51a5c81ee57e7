"""What the list's filters offer, and whether the user may act: one query, since every page of the list needs it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db.models import CharField, F, IntegerField, Q, QuerySet, Value

from orders.models import OrderType, Status, Store

MAY_WORK = "add_without_write_off"
"""The permission to work with synchronised orders (O8)."""


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
    may_work: bool


def choices_for(user: Any) -> Choices:
    """The choices for ``user``, a signed-in one."""
    people = get_user_model().objects.filter(is_active=True)
    rows: list[tuple[str, int, str, str, str, int]] = list(
        _part(Status.objects.all(), "status", F("name"), first=F("group"), second=F("colour"), position=F("position")).union(
            _part(OrderType.objects.all(), "type", F("name")),
            _part(Store.objects.all(), "store", F("name")),
            _part(people, "person", F("username"), first=F("first_name"), second=F("last_name")),
            _part(_granted(user), "granted", F("codename")),
        )
    )
    rows.sort(key=lambda row: (row[5], row[2].casefold()))

    def kind(wanted: str) -> list[Choice]:
        return [Choice(pk, name, group, colour) for kind, pk, name, group, colour, _ in rows if kind == wanted]

    return Choices(
        statuses=kind("status"),
        types=kind("type"),
        stores=kind("store"),
        people=[Choice(each.pk, f"{each.group} {each.colour}".strip() or each.name) for each in kind("person")],
        may_work=user.is_superuser or bool(kind("granted")),
    )


def may_work(user: Any) -> bool:
    """Whether ``user``, a signed-in one, may work with synchronised orders. One query."""
    return user.is_superuser or _granted(user).exists()


def _granted(user: Any) -> QuerySet[Permission]:
    mine = Q(user=user) | Q(group__user=user)
    return Permission.objects.filter(mine, codename=MAY_WORK, content_type__app_label="orders")


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
