"""Adding, changing and removing lines of an order by staff. Amounts are in RO App's currency."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.utils.translation import gettext_noop

from inventory.merged import lock_products
from inventory.models import Product
from orders.domain.editing import (
    ActionRefusedError,
    EditConflictError,
    OrderEdit,
    edit_order,
)
from orders.domain.money import round_money
from orders.domain.permissions import EDIT_PRICES, require
from orders.domain.seen import require_seen
from orders.domain.totals import line_total
from orders.models import BulkKind, EventKind, OrderLine

MAX_LINES = 1_000
FROZEN = gettext_noop("This line is written off. Reverse the write-off to change it.")
FULL = gettext_noop("An order can have at most 1,000 lines.")
TOO_MUCH = gettext_noop("The total of the line is too large for RO App.")
NEGATIVE = gettext_noop("The discount is more than the total of the line.")
LIMIT = Decimal(10) ** 12
PRICES = ("price", "discount")


@dataclass(frozen=True, slots=True)
class LineValues:
    """The values of a line that staff see and edit; the quantity is above zero, with up to three decimals."""

    name: str
    quantity: Decimal
    price: Decimal
    discount: Decimal = Decimal(0)

    @classmethod
    def of(cls, line: OrderLine) -> "LineValues":
        return cls(line.name, line.quantity, line.price, line.discount)


FIELDS = tuple(each.name for each in fields(LineValues))


@dataclass(frozen=True, slots=True)
class NewLine:
    """A line to add: of a product from inventory, or free text."""

    values: LineValues
    product_id: int | None = None


def add_line(order_id: int, line: NewLine, *, by: User, now: datetime) -> OrderLine:
    """Raises ActionRefusedError, MissingPermissionError for a discount without the permission,
    Product.DoesNotExist."""
    with edit_order(order_id, by=by, now=now) as edit:
        if len(edit.lines) >= MAX_LINES:
            raise ActionRefusedError(FULL)
        require_prices([line], by)
        [added] = build_all(
            [line], first=max((each.position for each in edit.lines), default=-1) + 1
        )
        added.order = edit.order
        added.save(force_insert=True)
        edit.lines.append(added)
        edit.add_event(EventKind.LINE_ADDED, added.name, "quantity", new=added.quantity)
    return added


def require_prices(lines: Sequence[NewLine], by: User) -> None:
    """A new line needs a price from somebody, so anyone may set it; a discount needs the permission to edit
    prices."""
    if any(line.values.discount for line in lines):
        require(by, EDIT_PRICES)


def build_all(lines: Sequence[NewLine], *, first: int = 0) -> list[OrderLine]:
    """Unsaved OrderLines without an order; ``first`` is the position of the first one.

    A product's SKU is taken over, and its name where none was typed. The products are locked, so that none
    is merged into another meanwhile; one that was gives way to that other. One query. Raises
    Product.DoesNotExist.
    """
    ids = {line.product_id for line in lines if line.product_id}
    products = lock_products(ids) if ids else {}
    return [
        _build(line, products, position)
        for position, line in enumerate(lines, start=first)
    ]


def _build(line: NewLine, products: Mapping[int, Product], position: int) -> OrderLine:
    product = products.get(line.product_id) if line.product_id else None
    if line.product_id and product is None:
        raise Product.DoesNotExist
    values = rounded(line.values)
    return OrderLine(
        product=product,
        position=position,
        name=(values.name or (product.name if product else ""))[:255],
        sku=product.sku if product else "",
        quantity=values.quantity,
        price=values.price,
        discount=values.discount,
        total=total_of(values),
    )


def total_of(values: LineValues) -> Decimal:
    """The total of a line with rounded values. Raises ActionRefusedError if it is negative or too large."""
    total = line_total(values.quantity, values.price, values.discount)
    if total < 0:
        raise ActionRefusedError(NEGATIVE)
    if total >= LIMIT:
        raise ActionRefusedError(TOO_MUCH)
    return total


def rounded(values: LineValues) -> LineValues:
    return replace(
        values, price=round_money(values.price), discount=round_money(values.discount)
    )


def change_line(
    order_id: int,
    line_id: int,
    *,
    seen: LineValues,
    wanted: LineValues,
    by: User,
    now: datetime,
) -> OrderLine:
    """Set the values in which ``wanted`` differs from ``seen``, the values that the user was shown.

    A value that somebody else changed meanwhile is not overwritten: EditConflictError holds the present
    values. Their changes to other values of the line stay. Raises ActionRefusedError for a written-off
    line, MissingPermissionError for prices but that of a line without one, OrderLine.DoesNotExist.
    """
    with edit_order(order_id, by=by, now=now) as edit:
        line = edit.line(line_id)
        changed = differing(rounded(seen), rounded(wanted))
        if not changed:
            return line
        require_unfrozen(line)
        if changed.keys() & set(PRICES) and not _is_pricing(line, changed):
            require(by, EDIT_PRICES)
        standing = {name: getattr(line, name) for name in changed}
        conflicts = {
            name: value
            for name, value in standing.items()
            if value not in (getattr(seen, name), changed[name])
        }
        if conflicts:
            raise EditConflictError(conflicts)
        for name, value in changed.items():
            if standing[name] != value:
                edit.add_event(
                    EventKind.LINE_CHANGED, line.name, name, standing[name], value
                )
                setattr(line, name, value)
        total_of(LineValues.of(line))
        edit.save_line(line, *changed)
    return line


def is_unpriced(line: OrderLine) -> bool:
    """Whether anyone may set the line's price, as that of a new one: it has none yet."""
    return not line.price and not line.external_id


def _is_pricing(line: OrderLine, changed: Mapping[str, Any]) -> bool:
    return is_unpriced(line) and "discount" not in changed


def differing(seen: LineValues, wanted: LineValues) -> dict[str, Any]:
    """The values that the user changed, by field."""
    return {
        name: getattr(wanted, name)
        for name in FIELDS
        if getattr(wanted, name) != getattr(seen, name)
    }


def require_unfrozen(line: OrderLine) -> None:
    if line.written_off_at:
        raise ActionRefusedError(FROZEN)


def remove_line(
    order_id: int, line_id: int, *, by: User, now: datetime, seen: str | None = None
) -> OrderLine | None:
    """Delete a line of our own; one that came from the store stays with quantity 0, now a value of staff's
    (P6).

    ``seen`` is the line_token of what a page showed (None: there was none). Returns the line if it stays.
    Removing a line that is gone changes nothing. Raises ActionRefusedError for a written-off line, and
    EditConflictError for one that is not as it was seen.
    """
    with edit_order(order_id, by=by, now=now, undoable=BulkKind.REMOVE_LINE) as edit:
        try:
            line = edit.line(line_id)
        except OrderLine.DoesNotExist:
            return None
        require_unfrozen(line)
        if seen is not None:
            require_seen([line], {line.pk: seen})
        if line.quantity:
            edit.add_event(EventKind.LINE_REMOVED, line.name, "quantity", line.quantity)
        if line.external_id:
            return _emptied(edit, line)
        edit.lines.remove(line)
        line.delete()
    return None


def _emptied(edit: OrderEdit, line: OrderLine) -> OrderLine:
    line.quantity = line.discount = Decimal(0)
    edit.save_line(line, "quantity", "discount")
    return line
