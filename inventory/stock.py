"""Stock: the only writer of movements, levels and the posting of receipts (P7).

Every change locks the rows of its products, in the order of their ids: whoever moves the same products waits,
and no two transactions deadlock. Under these locks levels are read, decided on and written, and a level is
always the sum of its movements. SQLite has one writer at a time anyway.

Call these functions inside your transaction, and only once per transaction where you can: two calls with
different products lock in two rounds. Each call is all or nothing: after an exception nothing has changed.
The number of queries does not depend on the number of products. ``by_id`` is a user's id, or None for the
software itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import F

from common.bulk_sql import any_of
from inventory.models import (
    MovementKind,
    Product,
    Receipt,
    StockLevel,
    StockMovement,
    Warehouse,
)

STEP = Decimal("0.001")
"""Quantities have three decimals …"""
LIMIT = Decimal(10) ** 9
"""… and stay below this, each movement and each level."""

Place = tuple[int, int]
"""Where a level is: the ids of the product and the warehouse."""


class StockError(Exception):
    """Stock was not changed. inventory.messages says why in the user's language."""


class InvalidQuantityError(StockError):
    """Zero, negative, not a number, more than three decimals, or LIMIT and above."""


class UnknownProductError(StockError):
    """There are no products with these ids, or they were merged into others."""

    def __init__(self, ids: Iterable[int]) -> None:
        self.ids = sorted(ids)
        super().__init__(f"Unknown products: {self.ids}")


class InactiveWarehouseError(StockError):
    """The warehouse is deactivated, or gone."""


class EmptyReceiptError(StockError):
    """The receipt has no lines."""


class AlreadyPostedError(StockError):
    """The receipt has been posted already."""


class ReceiptChangedError(StockError):
    """The draft was changed or discarded since it was read."""


class AlreadyReversedError(StockError):
    """The movements with these ids have been reversed already."""

    def __init__(self, ids: Iterable[int]) -> None:
        self.ids = sorted(ids)
        super().__init__(f"Already reversed: {self.ids}")


class LevelChangedError(StockError):
    """The level is not what the person saw when they counted; ``level`` is what it is now."""

    def __init__(self, level: Decimal) -> None:
        self.level = level
        super().__init__(f"The level is {level}")


class NotReversibleError(StockError):
    """Only write-offs can be reversed; receipts and counts are corrected instead."""


@dataclass(frozen=True, slots=True)
class Shortage:
    """``available`` is the level in the warehouse, ``wanted`` what all withdrawals of one call add up to."""

    product: Product
    wanted: Decimal
    available: Decimal

    def __str__(self) -> str:
        return f"{self.product}: {self.wanted} wanted, {self.available} available"


class InsufficientStockError(StockError):
    """There is less than wanted of these products, in the order of their ids."""

    def __init__(self, shortages: Sequence[Shortage]) -> None:
        self.shortages = list(shortages)
        super().__init__("; ".join(map(str, shortages)))


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """One product's quantity (above zero, three decimals) for one order line. Several withdrawals may name
    the same product."""

    product_id: int
    quantity: Decimal
    order_number: int | None = None


@transaction.atomic
def receive(
    receipt: Receipt, *, by_id: int | None, now: datetime
) -> list[StockMovement]:
    """Post ``receipt`` as it was at its ``version``: its lines come into its warehouse, once.

    Raises AlreadyPostedError, ReceiptChangedError, EmptyReceiptError, InactiveWarehouseError,
    InvalidQuantityError.
    """
    claim_draft(receipt, receipt.version, posted_at=now, posted_by=by_id)
    lines = list(receipt.lines.all())
    if not lines:
        raise EmptyReceiptError(f"Receipt {receipt.pk}")
    _require_active(receipt.warehouse_id)
    movements = _move(
        StockMovement(
            product_id=line.product_id,
            warehouse_id=receipt.warehouse_id,
            quantity=valid_quantity(line.quantity),
            kind=MovementKind.RECEIPT,
            at=now,
            by_id=by_id,
            receipt=receipt,
        )
        for line in lines
    )
    receipt.posted_at = now
    receipt.posted_by_id = by_id
    return movements


def claim_draft(receipt: Receipt, version: int, **values: object) -> None:
    """Set columns of the draft if it is still at ``version``; from then on no other transaction can claim it.

    Raises AlreadyPostedError or ReceiptChangedError: the database decides between people who save, post and
    discard at once.
    """
    drafts = Receipt.objects.filter(pk=receipt.pk, version=version, posted_at=None)
    if drafts.update(**values, version=F("version") + 1):
        return
    if Receipt.objects.filter(pk=receipt.pk, posted_at__isnull=False).exists():
        raise AlreadyPostedError(f"Receipt {receipt.pk}")
    raise ReceiptChangedError(f"Receipt {receipt.pk}")


@transaction.atomic
def withdraw(
    withdrawals: Sequence[Withdrawal],
    *,
    warehouse: Warehouse,
    by_id: int | None,
    now: datetime,
    below_zero: bool,
) -> list[StockMovement]:
    """Write off: one movement per withdrawal, returned in their order.

    Raises InsufficientStockError unless ``below_zero``, InvalidQuantityError, UnknownProductError,
    InactiveWarehouseError.
    """
    _require_active(warehouse.pk)
    movements = [
        StockMovement(
            product_id=withdrawal.product_id,
            warehouse_id=warehouse.pk,
            quantity=-valid_quantity(withdrawal.quantity),
            kind=MovementKind.WRITE_OFF,
            at=now,
            by_id=by_id,
            order_number=withdrawal.order_number,
        )
        for withdrawal in withdrawals
    ]
    return _move(movements, below_zero=below_zero)


@transaction.atomic
def put_back(
    movements: Sequence[StockMovement],
    *,
    by_id: int | None,
    now: datetime,
    reason: str = "",
) -> list[StockMovement]:
    """Reverse write-offs: one counter-movement each, returned in their order, into the warehouse of the
    write-off.

    The warehouse may have been deactivated since: the goods are there. Raises AlreadyReversedError,
    NotReversibleError.
    """
    if any(movement.kind != MovementKind.WRITE_OFF for movement in movements):
        raise NotReversibleError
    _lock({movement.product_id for movement in movements})
    _require_not_reversed([movement.pk for movement in movements])
    return _move(
        StockMovement(
            product_id=movement.product_id,
            warehouse_id=movement.warehouse_id,
            quantity=-movement.quantity,
            kind=MovementKind.REVERSAL,
            at=now,
            by_id=by_id,
            reason=reason,
            reverses=movement,
            order_number=movement.order_number,
        )
        for movement in movements
    )


def _require_not_reversed(movement_ids: Sequence[int]) -> None:
    """No movement may have a reversal, nor stand in the list twice."""
    reversals = StockMovement.objects.filter(reverses__in=movement_ids)
    already_reversed = set(reversals.values_list("reverses_id", flat=True))
    seen: set[int] = set()
    for movement_id in movement_ids:
        if movement_id in seen:
            already_reversed.add(movement_id)
        seen.add(movement_id)
    if already_reversed:
        raise AlreadyReversedError(already_reversed)


@transaction.atomic
def correct(
    product: Product,
    warehouse: Warehouse,
    *,
    counted: Decimal,
    seen: Decimal | None = None,
    by_id: int | None,
    now: datetime,
    reason: str,
) -> StockMovement | None:
    """Replace the level by a count; the difference is the movement, None if there is none.

    ``seen`` is the level that whoever counted saw: another one raises LevelChangedError. Raises also
    InvalidQuantityError, UnknownProductError, InactiveWarehouseError.
    """
    counted = valid_quantity(counted, may_be_zero=True)
    _require_active(warehouse.pk)
    _lock({product.pk})
    place = (product.pk, warehouse.pk)
    level = _levels([place]).get(place, Decimal(0))
    difference = counted - level
    if not difference:
        return None
    if seen is not None and seen != level:
        raise LevelChangedError(level)
    movement = StockMovement(
        product_id=product.pk,
        warehouse_id=warehouse.pk,
        quantity=difference,
        kind=MovementKind.CORRECTION,
        at=now,
        by_id=by_id,
        reason=reason,
    )
    return _move([movement], below_zero=True)[0]


@transaction.atomic
def hand_over(
    out_of: Product, into: Product, *, movement_ids: Sequence[int] | None = None
) -> list[int]:
    """Give the movements of one product to another (None: all; else these, with what reverses them), with
    the levels and stocks that follow from them; returns the movements' ids.

    Merging two products does so, and undoing that. Raises InvalidQuantityError, UnknownProductError.
    """
    products = _lock({out_of.pk, into.pk})
    rows = StockMovement.objects.filter(product=out_of)
    if movement_ids is not None:
        given = any_of("id", movement_ids) | any_of("reverses_id", movement_ids)
        rows = rows.filter(given)
    moved = list(rows.order_by("id").only("product", "warehouse", "quantity"))
    if not moved:
        return []
    going = _changes(moved)
    changes = {place: -quantity for place, quantity in going.items()}
    for (_product_id, warehouse_id), quantity in going.items():
        changes[into.pk, warehouse_id] = quantity
    levels = _levels(changes)
    new_levels = {
        place: levels.get(place, Decimal(0)) + change
        for place, change in changes.items()
    }
    _require_below_limit(moved, new_levels)
    ids = [movement.pk for movement in moved]
    StockMovement.objects.filter(any_of("id", ids)).update(product=into)
    _save_levels(new_levels)
    _save_stocks(changes, products)
    return ids


def valid_quantity(quantity: Decimal, *, may_be_zero: bool = False) -> Decimal:
    """``quantity`` if stock can hold it; raises InvalidQuantityError otherwise."""
    fits = (
        quantity.is_finite()
        and abs(quantity) < LIMIT
        and quantity == quantity.quantize(STEP)
    )
    if not fits or quantity < 0 or (not may_be_zero and quantity == 0):
        raise InvalidQuantityError(str(quantity))
    return quantity


def _require_active(warehouse_id: int) -> None:
    if not Warehouse.objects.filter(pk=warehouse_id, is_active=True).exists():
        raise InactiveWarehouseError(str(warehouse_id))


def _lock(product_ids: set[int]) -> dict[int, Product]:
    """The products with these ids, locked in the order of their ids until the transaction ends. One that was
    merged into another is none any more."""
    products = (
        Product.objects.filter(pk__in=product_ids)
        .only("name", "stock", "merged_into")
        .order_by("pk")
    )
    locked = {
        product.pk: product
        for product in products.select_for_update(no_key=True)
        if product.merged_into_id is None
    }
    if len(locked) < len(product_ids):
        raise UnknownProductError(product_ids - locked.keys())
    return locked


def _move(
    movements: Iterable[StockMovement], *, below_zero: bool = False
) -> list[StockMovement]:
    """Store the movements with the levels and stocks that follow from them."""
    movements = list(movements)
    if not movements:
        return []
    changes = _changes(movements)
    products = _lock({product_id for product_id, _warehouse_id in changes})
    levels = _levels(changes)
    if not below_zero:
        _require_enough(changes, levels, products)
    new_levels = {
        place: levels.get(place, Decimal(0)) + change
        for place, change in changes.items()
    }
    _require_below_limit(movements, new_levels)
    _save_levels(new_levels)
    _save_stocks(changes, products)
    return StockMovement.objects.bulk_create(movements)


def _save_stocks(
    changes: Mapping[Place, Decimal], products: Mapping[int, Product]
) -> None:
    for (product_id, _warehouse_id), change in changes.items():
        products[product_id].stock += change
    Product.objects.bulk_update(products.values(), ["stock"])


def _changes(movements: Iterable[StockMovement]) -> dict[Place, Decimal]:
    changes: dict[Place, Decimal] = {}
    for movement in movements:
        place = (movement.product_id, movement.warehouse_id)
        changes[place] = changes.get(place, Decimal(0)) + movement.quantity
    return changes


def _require_enough(
    changes: Mapping[Place, Decimal],
    levels: Mapping[Place, Decimal],
    products: Mapping[int, Product],
) -> None:
    """Nothing that is withdrawn may bring its level below zero."""
    shortages = []
    for place, change in sorted(changes.items()):
        available = levels.get(place, Decimal(0))
        if change < 0 and available + change < 0:
            product_id, _warehouse_id = place
            shortages.append(Shortage(products[product_id], -change, available))
    if shortages:
        raise InsufficientStockError(shortages)


def _require_below_limit(
    movements: Iterable[StockMovement], levels: Mapping[Place, Decimal]
) -> None:
    quantities = [movement.quantity for movement in movements]
    if any(abs(quantity) >= LIMIT for quantity in [*quantities, *levels.values()]):
        raise InvalidQuantityError(f"A level or a movement would reach {LIMIT}")


def _levels(places: Iterable[Place]) -> dict[Place, Decimal]:
    """The levels that exist at these places, and at others of the same products and warehouses."""
    places = list(places)
    product_ids = {product_id for product_id, _warehouse_id in places}
    warehouse_ids = {warehouse_id for _product_id, warehouse_id in places}
    rows = StockLevel.objects.filter(
        product__in=product_ids, warehouse__in=warehouse_ids
    )
    return {(level.product_id, level.warehouse_id): level.quantity for level in rows}


def _save_levels(levels: Mapping[Place, Decimal]) -> None:
    rows = [
        StockLevel(product_id=product_id, warehouse_id=warehouse_id, quantity=quantity)
        for (product_id, warehouse_id), quantity in levels.items()
    ]
    StockLevel.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["product", "warehouse"],
        update_fields=["quantity"],
    )
