"""Drafts of receipts: they are kept, changed and thrown away by people until they are posted
(inventory.stock.receive)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from inventory.models import Receipt, ReceiptLine
from inventory.stock import claim_draft

HEAD = ["warehouse", "supplier", "reference", "note"]


@dataclass(frozen=True, slots=True)
class DraftLine:
    product_id: int
    quantity: Decimal
    cost: Decimal | None


@transaction.atomic
def start_draft(
    head: dict[str, Any], lines: Sequence[DraftLine], *, by: int | None, now: datetime
) -> Receipt:
    """A new draft with the values of HEAD."""
    receipt = Receipt.objects.create(**{name: head[name] for name in HEAD}, created_at=now, by_id=by)
    _write(receipt, lines)
    return receipt


@transaction.atomic
def save_draft(receipt: Receipt, head: dict[str, Any], lines: Sequence[DraftLine], *, version: int) -> None:
    """Replace the draft's values and lines, if it still is what it was at ``version``; else AlreadyPosted or
    ReceiptChanged."""
    claim_draft(receipt, version, **{name: head[name] for name in HEAD})
    receipt.lines.all().delete()
    _write(receipt, lines)
    receipt.refresh_from_db()


@transaction.atomic
def discard_draft(receipt: Receipt, *, version: int) -> None:
    """Delete a draft; a posted receipt stays for ever (AlreadyPosted)."""
    claim_draft(receipt, version)
    receipt.delete()


def _write(receipt: Receipt, lines: Sequence[DraftLine]) -> None:
    rows = [
        ReceiptLine(receipt=receipt, product_id=each.product_id, quantity=each.quantity, cost=each.cost)
        for each in lines
    ]
    ReceiptLine.objects.bulk_create(rows)
