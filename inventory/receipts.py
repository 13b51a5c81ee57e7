"""Drafts of receipts: created, changed and discarded by staff until they are posted
(inventory.stock.receive)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Q

from common.bulk_sql import any_of
from inventory.merged import lock_products
from inventory.models import Product, Receipt, ReceiptLine
from inventory.stock import claim_draft

HEAD = ["warehouse", "supplier", "reference", "note"]


@dataclass(frozen=True, slots=True)
class DraftLine:
    product_id: int
    quantity: Decimal
    cost: Decimal | None


@transaction.atomic
def start_draft(
    head: Mapping[str, object],
    lines: Sequence[DraftLine],
    *,
    by_id: int | None,
    now: datetime,
) -> Receipt:
    """A new draft with the values of HEAD."""
    values = {name: head[name] for name in HEAD}
    receipt = Receipt.objects.create(**values, created_at=now, by_id=by_id)
    _save_lines(receipt, lines)
    return receipt


@transaction.atomic
def save_draft(
    receipt: Receipt,
    head: Mapping[str, object],
    lines: Sequence[DraftLine],
    *,
    version: int,
) -> None:
    """Replace the values and lines of a draft that is still at ``version``. Raises AlreadyPostedError or
    ReceiptChangedError."""
    values = {name: head[name] for name in HEAD}
    claim_draft(receipt, version, **values)
    receipt.lines.all().delete()
    _save_lines(receipt, lines)
    receipt.refresh_from_db()


@transaction.atomic
def discard_draft(receipt: Receipt, *, version: int) -> None:
    """Delete a draft; a posted receipt is never deleted (AlreadyPostedError)."""
    claim_draft(receipt, version)
    receipt.delete()


def move_receipt_lines(
    out_of: Product,
    into: Product,
    *,
    line_ids: Sequence[int] | None = None,
    posted_until: datetime | None = None,
) -> list[int]:
    """Give the receipt lines of one product to another (None: all; else these, unless they were posted after
    ``posted_until``); returns their ids."""
    rows = ReceiptLine.objects.filter(product=out_of)
    if line_ids is not None:
        early = Q(receipt__posted_at=None) | Q(receipt__posted_at__lte=posted_until)
        rows = rows.filter(any_of("id", line_ids), early)
    ids = list(rows.values_list("pk", flat=True))
    ReceiptLine.objects.filter(any_of("id", ids)).update(product=into)
    return ids


def _save_lines(receipt: Receipt, lines: Sequence[DraftLine]) -> None:
    products = lock_products({line.product_id for line in lines})
    rows = [
        ReceiptLine(
            receipt=receipt,
            product=products[line.product_id],
            quantity=line.quantity,
            cost=line.cost,
        )
        for line in lines
    ]
    ReceiptLine.objects.bulk_create(rows)
