"""Archiving a product: it is offered no more, and nothing else changes."""

from datetime import datetime

from django.db import transaction

from inventory.events import record_event
from inventory.models import Product, ProductEventKind


@transaction.atomic
def archive(product: Product, *, by_id: int | None, now: datetime) -> bool:
    """Leave the product out of pickers and of the list; whether it was in them."""
    rows = Product.objects.offered().filter(pk=product.pk)
    if not rows.update(archived_at=now):
        return False
    record_event(product, ProductEventKind.ARCHIVED, by_id=by_id, now=now)
    return True


@transaction.atomic
def restore(product: Product, *, by_id: int | None, now: datetime) -> bool:
    """Offer an archived product again; whether it was archived."""
    rows = Product.objects.living().filter(pk=product.pk, archived_at__isnull=False)
    if not rows.update(archived_at=None):
        return False
    record_event(product, ProductEventKind.RESTORED, by_id=by_id, now=now)
    return True
