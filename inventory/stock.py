"""Stock: the only writer of movements, levels and receipts' posting (P7).

Every change takes the rows of its products as locks, in the order of their ids: whoever moves the same
products waits, and nobody waits for each other in a circle. Under these locks levels are read, decided on and
written, and a level is always the sum of its movements. SQLite has one writer at a time anyway.

Call these functions inside your transaction, and only once per transaction where you can: two calls with
different products take their locks in two rounds. Each is all or nothing: after an exception nothing has
changed. The number of queries does not depend on the number of products. ``by`` is a user's id, or None for
the software itself.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F

from inventory.models import MovementKind, Product, Receipt, StockLevel, StockMovement, Warehouse

STEP = Decimal("0.001")
"""Quantities have three decimals …"""
LIMIT = Decimal(10) ** 9
"""… and stay below this, each movement and each level."""


class StockError(Exception):
    """Stock was not changed. The pages put words to each kind."""


class BadQuantity(StockError):
    """Zero, negative, not a number, more than three decimals, or beyond LIMIT."""


class UnknownProduct(StockError):
    """These ids are no products."""

    def __init__(self, ids: Iterable[int]) -> None:
        self.ids = sorted(ids)
        super().__init__(f"Unknown products: {self.ids}")


class InactiveWarehouse(StockError):
    """The warehouse is deactivated, or gone."""


class NothingToReceive(StockError):
    """The receipt has no lines."""


class AlreadyPosted(StockError):
    """The receipt was posted before."""


class ReceiptChanged(StockError):
    """Somebody has changed the draft since it was read, or thrown it away."""


class AlreadyReversed(StockError):
    """These movements (ids) were reversed before."""

    def __init__(self, ids: Iterable[int]) -> None:
        self.ids = sorted(ids)
        super().__init__(f"Already reversed: {self.ids}")


class NotReversible(StockError):
    """Only write-offs are reversed; a receipt or a count is put right by a correction."""


@dataclass(frozen=True, slots=True)
class Shortage:
    """``there`` is what lies in the warehouse, all takings of one call together want ``wanted``."""

    product: Product
    wanted: Decimal
    there: Decimal


class NotEnough(StockError):
    """There is less than wanted of these products, in the order of their ids."""

    def __init__(self, shortages: Sequence[Shortage]) -> None:
        self.shortages = list(shortages)
        super().__init__(
            "; ".join(f"{each.product}: {each.wanted} wanted, {each.there} there" for each in shortages)
        )


@dataclass(frozen=True, slots=True)
class Taking:
    """One product's quantity (above zero, three decimals) for one order line. A product may be taken several
    times."""

    product_id: int
    quantity: Decimal
    order_number: int | None = None


@transaction.atomic
def receive(receipt: Receipt, *, by: int | None, now: datetime) -> list[StockMovement]:
    """Post ``receipt`` as it was at its ``version``: its lines come into its warehouse, once.

    Raises AlreadyPosted, ReceiptChanged, NothingToReceive, InactiveWarehouse, BadQuantity.
    """
    claim_draft(receipt, receipt.version, posted_at=now, posted_by=by)
    lines = list(receipt.lines.all())
    if not lines:
        raise NothingToReceive(f"Receipt {receipt.pk}")
    _require_active(receipt.warehouse_id)
    movements = _move(
        StockMovement(
            product_id=line.product_id,
            warehouse_id=receipt.warehouse_id,
            quantity=amount(line.quantity),
            kind=MovementKind.RECEIPT,
            at=now,
            by_id=by,
            receipt=receipt,
        )
        for line in lines
    )
    receipt.posted_at, receipt.posted_by_id = now, by
    return movements


def claim_draft(receipt: Receipt, version: int, **values: Any) -> None:
    """Change the draft's own columns if it still is what it was at ``version``; from then on it is the
    transaction's own.

    Raises AlreadyPosted or ReceiptChanged: the database decides between people who save, post and throw away
    at once.
    """
    if not Receipt.objects.filter(pk=receipt.pk, version=version, posted_at=None).update(
        **values, version=F("version") + 1
    ):
        is_posted = Receipt.objects.filter(pk=receipt.pk, posted_at__isnull=False).exists()
        raise AlreadyPosted(f"Receipt {receipt.pk}") if is_posted else ReceiptChanged(f"Receipt {receipt.pk}")


@transaction.atomic
def take(
    takings: Sequence[Taking], *, warehouse: Warehouse, by: int | None, now: datetime, below_zero: bool
) -> list[StockMovement]:
    """Write off: one movement per taking, returned in their order.

    Raises NotEnough unless ``below_zero``, BadQuantity, UnknownProduct, InactiveWarehouse.
    """
    _require_active(warehouse.pk)
    return _move(
        (
            StockMovement(
                product_id=taking.product_id,
                warehouse_id=warehouse.pk,
                quantity=-amount(taking.quantity),
                kind=MovementKind.WRITE_OFF,
                at=now,
                by_id=by,
                order_number=taking.order_number,
            )
            for taking in takings
        ),
        below_zero=below_zero,
    )


@transaction.atomic
def put_back(
    movements: Sequence[StockMovement], *, by: int | None, now: datetime, reason: str = ""
) -> list[StockMovement]:
    """Reverse write-offs: one counter-movement each, returned in their order, into the warehouse that they
    were taken from.

    That works for a deactivated warehouse too: the goods are there. Raises AlreadyReversed, NotReversible.
    """
    if any(movement.kind != MovementKind.WRITE_OFF for movement in movements):
        raise NotReversible
    _lock({movement.product_id for movement in movements})
    ids = [movement.pk for movement in movements]
    reversed_before = set(
        StockMovement.objects.filter(reverses__in=ids).values_list("reverses_id", flat=True)
    )
    twice = {pk for pk in ids if ids.count(pk) > 1}
    if reversed_before or twice:
        raise AlreadyReversed(reversed_before | twice)
    return _move(
        StockMovement(
            product_id=movement.product_id,
            warehouse_id=movement.warehouse_id,
            quantity=-movement.quantity,
            kind=MovementKind.REVERSAL,
            at=now,
            by_id=by,
            reason=reason,
            reverses=movement,
            order_number=movement.order_number,
        )
        for movement in movements
    )


@transaction.atomic
def correct(
    product: Product, warehouse: Warehouse, *, counted: Decimal, by: int | None, now: datetime, reason: str
) -> StockMovement | None:
    """A count replaces the level; the difference is the movement, None if there is none.

    Raises BadQuantity, UnknownProduct, InactiveWarehouse.
    """
    counted = amount(counted, may_be_zero=True)
    _require_active(warehouse.pk)
    _lock({product.pk})
    there = (
        StockLevel.objects.filter(product=product, warehouse=warehouse)
        .values_list("quantity", flat=True)
        .first()
    )
    difference = counted - (there or Decimal(0))
    if not difference:
        return None
    movement = StockMovement(
        product_id=product.pk,
        warehouse_id=warehouse.pk,
        quantity=difference,
        kind=MovementKind.CORRECTION,
        at=now,
        by_id=by,
        reason=reason,
    )
    return _move([movement], below_zero=True)[0]


def amount(quantity: Decimal, *, may_be_zero: bool = False) -> Decimal:
    """``quantity`` if stock can hold it; else BadQuantity."""
    fits = quantity.is_finite() and abs(quantity) < LIMIT and quantity == quantity.quantize(STEP)
    if not fits or quantity < 0 or (quantity == 0 and not may_be_zero):
        raise BadQuantity(str(quantity))
    return quantity


def _require_active(warehouse_id: int) -> None:
    if not Warehouse.objects.filter(pk=warehouse_id, is_active=True).exists():
        raise InactiveWarehouse(str(warehouse_id))


def _lock(ids: set[int]) -> dict[int, Product]:
    """The products with these ids, locked in the order of their ids until the transaction ends."""
    rows = (
        Product.objects.filter(pk__in=ids).only("name", "stock").order_by("pk").select_for_update(no_key=True)
    )
    products = {product.pk: product for product in rows}
    if len(products) < len(ids):
        raise UnknownProduct(ids - products.keys())
    return products


def _move(wanted: Iterable[StockMovement], *, below_zero: bool = False) -> list[StockMovement]:
    """Store the movements with the levels and stocks that follow from them."""
    movements = list(wanted)
    if not movements:
        return []
    changes: dict[tuple[int, int], Decimal] = {}
    for each in movements:
        place = (each.product_id, each.warehouse_id)
        changes[place] = changes.get(place, Decimal(0)) + each.quantity
    products = _lock({product_id for product_id, _warehouse in changes})
    there = _levels(changes)
    levels = {place: there.get(place, Decimal(0)) + change for place, change in changes.items()}
    if not below_zero:
        short = [place for place, level in sorted(levels.items()) if level < 0 and changes[place] < 0]
        if short:
            raise NotEnough(
                [
                    Shortage(products[place[0]], -changes[place], there.get(place, Decimal(0)))
                    for place in short
                ]
            )
    if any(abs(number) >= LIMIT for number in [*levels.values(), *(each.quantity for each in movements)]):
        raise BadQuantity(f"A level or a movement would reach {LIMIT}")
    _write(levels)
    for (product_id, _warehouse), change in changes.items():
        products[product_id].stock += change
    Product.objects.bulk_update(products.values(), ["stock"])
    return StockMovement.objects.bulk_create(movements)


def _levels(places: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Decimal]:
    """The levels there are at these places (product, warehouse)."""
    product_ids, warehouse_ids = ({place[part] for place in places} for part in (0, 1))
    rows = StockLevel.objects.filter(product__in=product_ids, warehouse__in=warehouse_ids)
    return {
        (product, warehouse): level
        for product, warehouse, level in rows.values_list("product", "warehouse", "quantity")
    }


def _write(levels: dict[tuple[int, int], Decimal]) -> None:
    StockLevel.objects.bulk_create(
        [
            StockLevel(product_id=product, warehouse_id=warehouse, quantity=level)
            for (product, warehouse), level in levels.items()
        ],
        update_conflicts=True,
        unique_fields=["product", "warehouse"],
        update_fields=["quantity"],
    )
