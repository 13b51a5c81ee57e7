"""Correcting which of our products a store's variant is (P2): imports do as a person has decided.

Each act holds the import lock, and names the product that the person saw the match with.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop

from inventory.events import record_event
from inventory.models import Product, ProductEventKind, ProductKey
from orders.domain.editing import ActionRefusedError
from orders.domain.locking import lock_imports
from orders.product_data.lines import OPEN, lines_by, move_lines

CHANGED = gettext_noop(
    "Somebody has changed this match meanwhile. Nothing was done; look at it again."
)
SAME = gettext_noop("The variant is matched with this product already.")
NOT_THERE = gettext_noop("The other product was merged or deleted meanwhile.")


@transaction.atomic
def move_match(
    match_id: int, to: int, *, seen: int, by_id: int | None, now: datetime
) -> int:
    """Match the variant with the product ``to``; its open lines follow. Returns how many did.

    ``seen`` is the id of the product that the person saw it with. Raises ActionRefusedError.
    """
    match = _locked(match_id, seen)
    if to == seen:
        raise ActionRefusedError(SAME)
    products = Product.objects.living().in_bulk([seen, to])
    if to not in products:
        raise ActionRefusedError(NOT_THERE)
    moved = move_lines(
        lines_by(match) & OPEN,
        out_of=products[seen],
        into=products[to],
        by_id=by_id,
        now=now,
        match=match,
    )
    _decide(match, products[to])
    for product, kind, other in [
        (products[seen], ProductEventKind.MATCH_LEFT, products[to]),
        (products[to], ProductEventKind.MATCH_CAME, products[seen]),
    ]:
        subject = match.variant_name
        record_event(product, kind, by_id=by_id, now=now, subject=subject, other=other)
    return len(moved)


@transaction.atomic
def split_match(
    match_id: int, *, seen: int, by_id: int | None, now: datetime
) -> Product:
    """Match the variant with a new product of its own, made of what the store says; its open lines follow.

    Raises ActionRefusedError.
    """
    match = _locked(match_id, seen)
    former = Product.objects.get(pk=seen)
    made = Product.objects.create(
        name=match.name or former.name,
        sku=match.sku,
        code=match.parent.rpartition(":")[2] or former.code,
        description=former.description,
        unit=former.unit,
        category=former.category,
        created_at=now,
    )
    move_match(match_id, made.pk, seen=seen, by_id=by_id, now=now)
    return made


@transaction.atomic
def confirm_match(
    match_id: int, *, seen: int, by_id: int | None, now: datetime
) -> ProductKey:
    """The match is right: it is no longer marked as ambiguous or doubtful. Raises ActionRefusedError."""
    match = _locked(match_id, seen)
    _decide(match, match.product)
    _record(match, ProductEventKind.MATCH_CONFIRMED, by_id, now)
    return match


@transaction.atomic
def remove_match(
    match_id: int, *, seen: int, by_id: int | None, now: datetime
) -> ProductKey:
    """Take the match away: the store's next order with the variant decides anew. Raises
    ActionRefusedError."""
    match = _locked(match_id, seen)
    _record(match, ProductEventKind.MATCH_REMOVED, by_id, now)
    ProductKey.objects.filter(pk=match.pk).delete()
    return match


def _locked(match_id: int, seen: int) -> ProductKey:
    lock_imports()
    rows = ProductKey.objects.select_for_update(of=("self",)).select_related("product")
    match = rows.filter(pk=match_id, product=seen).first()
    if match is None:
        raise ActionRefusedError(CHANGED)
    return match


def _decide(match: ProductKey, product: Product) -> None:
    match.product = product
    match.ambiguous = match.doubtful = False
    match.save(update_fields=["product", "ambiguous", "doubtful"])


def _record(
    match: ProductKey, kind: ProductEventKind, by_id: int | None, now: datetime
) -> None:
    subject = match.variant_name
    record_event(match.product, kind, by_id=by_id, now=now, subject=subject)
