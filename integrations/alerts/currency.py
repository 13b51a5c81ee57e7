"""The currency in which this installation began. Amounts are stored without one: CURRENCY changed afterwards
would make 89.90 dollars of 89.90 euros."""

from datetime import datetime

from django.conf import settings

from integrations.models import Heartbeat, StoreConnection
from orders.models import Order

BEGAN_IN = "currency "
"""The name of the row that remembers it, before the currency."""


def remember_currency(now: datetime) -> None:
    """Note CURRENCY once there are orders or stores, for good. Until then it may be chosen anew."""
    noted = Heartbeat.objects.filter(name__startswith=BEGAN_IN)
    began = currency_of(noted.order_by("at").first())
    if began == settings.CURRENCY:
        return
    if not _is_in_use():
        noted.delete()
    elif not began:
        name = f"{BEGAN_IN}{settings.CURRENCY}"
        Heartbeat.objects.get_or_create(name=name, defaults={"at": now})


def currency_of(noted: Heartbeat | None) -> str:
    return noted.name.removeprefix(BEGAN_IN) if noted else ""


def former_currency(noted: Heartbeat | None) -> str:
    """The currency of what is here, if CURRENCY is another one now; else empty. ``noted`` is the row that
    remembers it."""
    began = currency_of(noted)
    if began in {"", settings.CURRENCY} or not _is_in_use():
        return ""
    return began


def _is_in_use() -> bool:
    return Order.objects.exists() or StoreConnection.objects.exists()
