"""Merging two products, and undoing that. Both hold the import lock, since matches decide which product an
import finds; whoever moves stock waits for the locks of the two products."""

from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_noop

from common.bulk_sql import any_of
from inventory import stock
from inventory.events import record_event, take_record
from inventory.models import Product, ProductEvent, ProductEventKind, ProductKey
from inventory.product_detail import twins_of
from inventory.receipts import move_receipt_lines
from orders.domain.editing import ActionRefusedError
from orders.domain.locking import lock_imports
from orders.models import LineWriteOff, OrderLine
from orders.product_data.lines import move_lines

SAME = gettext_noop("A product cannot be merged with itself.")
NOT_THERE = gettext_noop(
    "One of the two products was merged or deleted meanwhile. Nothing was changed."
)
UNITS = gettext_noop(
    "The two products have different units of measure, so their stock cannot be added up. Give both the same "
    "unit first."
)
BUSY = gettext_noop(
    "Somebody is working with this product right now. Please try again."
)
UNDONE = gettext_noop("This merge was undone already, or can no longer be undone.")
KEPT_WAS_MERGED = gettext_noop(
    "The product was itself merged into another one since. Undo that merge first."
)
FILLED = ["sku", "code", "description", "category_id"]
"""Columns of the kept product that are filled where they are empty."""
TRIES = 20


class _LinesCameError(Exception):
    """Somebody sold the product between the moving of its lines and the lock on its row, and is still at
    it."""


def merge(keep: int, gone: int, *, by_id: int | None, now: datetime) -> ProductEvent:
    """Merge the product ``gone`` into ``keep`` (ids): movements, stock, receipts, order lines and matches
    move, empty fields are filled.

    The row of ``gone`` stays as it was, marked as merged, and leaves lists and search. Returns the event of
    ``keep``, whose record ``undo`` needs. Raises ActionRefusedError, and InvalidQuantityError of
    inventory.stock where the stock would become too large.
    """
    for _attempt in range(TRIES):
        try:
            return _merge(keep, gone, by_id, now)
        except _LinesCameError:
            continue
    raise ActionRefusedError(BUSY)


@transaction.atomic
def _merge(keep: int, gone: int, by_id: int | None, now: datetime) -> ProductEvent:
    lock_imports()
    kept, other = _require_two(keep, gone, _read([keep, gone]))
    change = partial(move_lines, Q(), out_of=other, into=kept, by_id=by_id, now=now)
    lines = change()
    kept, other = _require_two(keep, gone, _read([keep, gone], lock=True))
    lines += change(skip_locked=True)
    if OrderLine.objects.filter(product=other).exists():
        raise _LinesCameError
    keys = list(other.keys.order_by("id").values_list("pk", flat=True))
    record: dict[str, Any] = {
        "lines": lines,
        "movements": stock.hand_over(other, kept),
        "receipt_lines": move_receipt_lines(other, kept),
        "keys": keys,
        "filled": _fill(kept, other),
    }
    ProductKey.objects.filter(pk__in=keys).update(product=kept)
    other.merged_into = kept
    other.save(update_fields=["merged_into"])
    record["ambiguous"] = _clear_ambiguity(kept)
    kind = ProductEventKind.MERGED
    return record_event(kept, kind, by_id=by_id, now=now, other=other, record=record)


@transaction.atomic
def undo(event: ProductEvent, *, by_id: int | None, now: datetime) -> Product:
    """Undo a merge: what it moved moves back, unless it has been given to another product since.

    What came later stays: movements and receipts since, lines that were written off since, and fields that
    were changed. Returns the product that is back. Raises ActionRefusedError.
    """
    lock_imports()
    record = take_record(event)
    products = _read([event.product_id, event.other_id])
    kept, other = products.get(event.product_id), products.get(event.other_id or 0)
    if not (kept and other and record) or other.merged_into_id != kept.pk:
        raise ActionRefusedError(UNDONE)
    if kept.merged_into_id:
        raise ActionRefusedError(KEPT_WAS_MERGED)
    condition = _moves_back(record["lines"], record["movements"])
    move_lines(condition, out_of=kept, into=other, by_id=by_id, now=now)
    products = _read([kept.pk, other.pk], lock=True)
    kept, other = products[kept.pk], products[other.pk]
    other.merged_into = None
    other.save(update_fields=["merged_into"])
    stock.hand_over(kept, other, movement_ids=record["movements"])
    receipts = {"line_ids": record["receipt_lines"], "posted_until": event.at}
    move_receipt_lines(kept, other, **receipts)
    keys = ProductKey.objects.filter(product=kept)
    keys.filter(any_of("id", record["keys"])).update(product=other)
    ProductKey.objects.filter(any_of("id", record["ambiguous"])).update(ambiguous=True)
    _empty_again(kept, record["filled"])
    kind = ProductEventKind.UNMERGED
    record_event(kept, kind, by_id=by_id, now=now, other=other)
    record_event(other, kind, by_id=by_id, now=now, other=kept)
    return other


def filling(kept: Product, other: Product) -> dict[str, Any]:
    """The empty columns of ``kept`` that ``other`` can fill, with their values."""
    return {
        name: getattr(other, name)
        for name in FILLED
        if not getattr(kept, name) and getattr(other, name)
    }


def _read(ids: list[int | None], *, lock: bool = False) -> dict[int, Product]:
    rows = Product.objects.filter(pk__in=[pk for pk in ids if pk]).order_by("pk")
    if lock:
        rows = rows.select_for_update(no_key=True)
    return {product.pk: product for product in rows}


def _require_two(
    keep: int, gone: int, products: dict[int, Product]
) -> tuple[Product, Product]:
    if keep == gone:
        raise ActionRefusedError(SAME)
    kept, other = products.get(keep), products.get(gone)
    if not (kept and other) or kept.merged_into_id or other.merged_into_id:
        raise ActionRefusedError(NOT_THERE)
    if kept.unit != other.unit:
        raise ActionRefusedError(UNITS)
    return kept, other


def _fill(kept: Product, other: Product) -> dict[str, Any]:
    filled = filling(kept, other)
    for name, value in filled.items():
        setattr(kept, name, value)
    if filled:
        kept.save(update_fields=[*filled])
    return filled


def _clear_ambiguity(kept: Product) -> list[int]:
    """Matches for which the other product was the only other answer are no longer ambiguous; which ones."""
    if twins_of(kept):
        return []
    keys = list(kept.keys.filter(ambiguous=True).values_list("pk", flat=True))
    ProductKey.objects.filter(pk__in=keys).update(ambiguous=False)
    return keys


def _moves_back(line_ids: list[int], movement_ids: list[int]) -> Q:
    """Those of these lines that were not written off since: their goods came out of the kept product."""
    since = LineWriteOff.objects.filter(
        line=OuterRef("pk"), reversed_at__isnull=True, movement__isnull=False
    ).exclude(any_of("movement_id", movement_ids))
    return Q(any_of("id", line_ids)) & ~Q(Exists(since))


def _empty_again(kept: Product, filled: dict[str, object]) -> None:
    """Empty the columns that the merge filled, as far as they still say the same."""
    same = [name for name, value in filled.items() if getattr(kept, name) == value]
    for name in same:
        setattr(kept, name, None if name == "category_id" else "")
    if same:
        kept.save(update_fields=same)
