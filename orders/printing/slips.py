"""What is printed of an order: the slip that goes with the work, and the note that goes with the goods."""

from collections.abc import Sequence
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.db.models import Prefetch
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from common.http import Context
from orders.domain.barcode import bars, scan_code
from orders.domain.buyer_entries import shown
from orders.domain.permissions import SEE_CONTACT_DATA
from orders.models import Letterhead, Order, OrderLine

MAX_SLIPS = 50
"""Printed at once: a PDF of so many takes a few seconds."""


class Kind(models.TextChoices):
    WORK = "work-slip", _("Work slip")
    DELIVERY = "delivery-note", _("Delivery note")


class Paper(models.TextChoices):
    A4 = "a4", "A4"
    RECEIPT = "80mm", _("80 mm receipt")


TITLES = {
    Kind.WORK: gettext_noop("Work slip %(number)s"),
    Kind.DELIVERY: gettext_noop("Delivery note %(number)s"),
}


class Slip(NamedTuple):
    """What is printed, on which paper, and in which language (a code of settings.LANGUAGES)."""

    kind: Kind
    paper: Paper
    language: str


class Sheet(NamedTuple):
    """The slip of an order as HTML."""

    slip: Slip
    html: str


def orders_to_print(ids: Sequence[int]) -> list[Order]:
    """Those of the orders that still exist, as they are named, with their lines. Three queries."""
    lines = OrderLine.objects.select_related("product")
    found = Order.objects.for_page().prefetch_related(Prefetch("lines", lines))
    orders = found.in_bulk(ids)
    return [orders[pk] for pk in ids if pk in orders]


def language_of(order: Order) -> str:
    """The language of the order's customer if RO App speaks it, else the installation's."""
    spoken = dict(settings.LANGUAGES)
    known = order.customer.language if order.customer else ""
    return known if known in spoken else settings.LANGUAGE_CODE


def title_of(slip: Slip, *orders: Order) -> str:
    numbers = ", ".join(str(order.pk) for order in orders)
    with translation.override(slip.language):
        return translation.gettext(TITLES[slip.kind]) % {"number": numbers}


def render_slip(
    order: Order, slip: Slip, *, letterhead: Letterhead, reader: User, logo: str
) -> str:
    """The slip as HTML in its own language, without the document around it. Contact data is on it as far as
    the reader may see it; ``logo`` is the address of the letterhead's."""
    with translation.override(slip.language):
        return render_to_string(
            "orders/printing/_slip.html",
            _context(order, slip, reader) | {"letterhead": letterhead, "logo": logo},
        )


def load_letterhead() -> Letterhead:
    return Letterhead.objects.first() or Letterhead()


def _context(order: Order, slip: Slip, reader: User) -> Context:
    lines = [line for line in order.lines.all() if line.quantity > 0]
    width, found = bars(scan_code(order.pk))
    return {
        "slip": slip,
        "title": title_of(slip, order),
        "order": order,
        "lines": [(line, shown(line.buyer_entries), _unit(line)) for line in lines],
        "entries": shown(order.buyer_entries),
        "notes": _notes(order, slip),
        "contact_data": reader.has_perm(SEE_CONTACT_DATA),
        "bars": found,
        "bars_width": width,
    }


def _notes(order: Order, slip: Slip) -> list[str]:
    """The buyer's words go with the goods too; what staff wrote is about the work."""
    own = [order.note] if slip.kind == Kind.WORK else []
    return [*own, order.store_note]


def _unit(line: OrderLine) -> str:
    return line.product.unit if line.product else ""
