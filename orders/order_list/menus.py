"""The filters of the order list as menus: their options, and which are chosen."""

from dataclasses import dataclass, replace
from typing import Any

from common.forms.filter_fields import KnownValues
from orders.domain.assignees import Offer
from orders.models import StatusGroup
from orders.order_list.chips import LABELS
from orders.order_list.filters import OrderFilter


@dataclass(frozen=True, slots=True)
class Option:
    """``name`` and ``value`` as in the URL; an option of ``level`` 1 belongs to the one above it."""

    name: str
    value: str
    label: str
    chosen: bool
    colour: str = ""
    level: int = 0
    heading: str = ""
    """What stands above it, where it is the first of its filter in a menu of several."""


@dataclass(frozen=True, slots=True)
class Menu:
    name: str
    label: str
    options: list[Option]
    dates: int = 0
    """1 where the menu also holds dates, and one is given: two of them are one filter."""
    is_searched: bool = False
    """The page itself holds only those options that are chosen; the others are searched for
    (orders.order_list.colleagues)."""

    @property
    def number(self) -> int:
        """How many of its values are chosen."""
        return sum(option.chosen for option in self.options) + self.dates


def filter_menus(filters: OrderFilter) -> list[Menu]:
    """A menu for each filter with options, the store's first (O2)."""
    return [
        _menu(filters, "store"),
        _statuses(filters),
        _menu(filters, "type"),
        replace(_menu(filters, "assignee"), is_searched=filters.known.people is None),
        _menu(filters, "due"),
        _at_store(filters),
        _menu(filters, "write_off"),
        _created(filters),
    ]


def _created(filters: OrderFilter) -> Menu:
    given = filters.cleaned_data["from"] or filters.cleaned_data["to"]
    return replace(_menu(filters, "created"), dates=1 if given else 0)


def _menu(filters: OrderFilter, name: str) -> Menu:
    return Menu(name, str(LABELS[name]), _options(filters, name))


def colleague_options(filters: OrderFilter, found: Offer) -> list[Option]:
    """Who was found and then, so that they stay chosen, the other chosen ones; before anything is searched
    for, they and *me* and *nobody* stand first."""
    options = _options(filters, "assignee")
    people = [_option(filters, "assignee", each.pk, each.name) for each in found.people]
    if not found.text:
        return options + [each for each in people if not each.chosen]
    shown = {each.value for each in people}
    return people + [
        each for each in options if each.chosen and each.value not in shown
    ]


def _options(filters: OrderFilter, name: str) -> list[Option]:
    field = filters.fields[name]
    assert isinstance(field, KnownValues)  # noqa: S101  tells the type checker which field it is
    return [_option(filters, name, value, label) for value, label in field.offered]


def _at_store(filters: OrderFilter) -> Menu:
    """What became of an order at its store, and what it says of payment and fulfilment, in one menu."""
    options = _options(filters, "at_store")
    for name in ["payment", "fulfilment"]:
        first, *others = _options(filters, name)
        options += [replace(first, heading=str(LABELS[name])), *others]
    return Menu("at_store", str(LABELS["at_store"]), options)


def _statuses(filters: OrderFilter) -> Menu:
    """Every group that has a status, followed by its statuses."""
    options = []
    for group in StatusGroup:
        members = [each for each in filters.known.statuses if each.group == group]
        if members:
            options.append(_option(filters, "group", group.value, group.label))
        options += [
            _option(
                filters, "status", each.pk, each.shown_name, colour=each.colour, level=1
            )
            for each in members
        ]
    return Menu("status", str(LABELS["status"]), options)


def _option(
    filters: OrderFilter, name: str, value: object, label: object, **more: Any
) -> Option:
    return Option(
        name,
        str(value),
        str(label),
        chosen=str(value) in filters.cleaned_data[name],
        **more,
    )
