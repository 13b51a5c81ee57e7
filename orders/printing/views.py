"""Printing an order: what will be on the paper, and the same as a PDF."""

from collections.abc import Sequence

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from common.formats import grouped
from common.forms.filter_fields import IdRanges
from common.http import SignedInRequest, back, file_named
from common.lists.pagination import iterate
from orders.models import Letterhead, Order
from orders.order_list.filters import selected
from orders.order_list.sorting import read_sort
from orders.printing.pdf import LOGO, render_pdf
from orders.printing.slips import (
    MAX_SLIPS,
    Kind,
    Paper,
    Sheet,
    Slip,
    language_of,
    load_letterhead,
    orders_to_print,
    render_slip,
    title_of,
)

TOO_MANY = gettext_noop(
    "At most 50 orders can be printed at once; %(total)s are selected. Select fewer."
)
PAPER = "paper"
"""The session's key of the paper last chosen: whoever has a receipt printer has it every day."""


@require_safe
def preview(request: SignedInRequest, pk: int) -> HttpResponse:
    """What will be printed. The query says what: ``kind``, ``paper``, ``language``; what it does not name, or
    names wrongly, is the work slip, on the paper chosen last, in the customer's language."""
    return _preview(request, _the_order(pk))


@require_safe
@never_cache
def pdf(request: SignedInRequest, pk: int) -> HttpResponse:
    """The same as a file."""
    return _pdf(request, _the_order(pk))


def _the_order(pk: int) -> list[Order]:
    orders = orders_to_print([pk])
    if not orders:
        raise Http404
    return orders


@require_http_methods(["GET", "HEAD", "POST"])
def preview_selection(request: SignedInRequest) -> HttpResponse:
    """The same of several orders: those selected in the list, which are posted, or those of the query."""
    if request.method != "POST":
        return _preview(request, _named(request))
    chosen = selected(request)
    total = chosen.count()
    if total > MAX_SLIPS:
        messages.warning(request, _(TOO_MANY) % {"total": grouped(total)})
        return redirect(back(request, "orders:list"))
    sort = read_sort(request.POST.get("sort"))
    rows = chosen.values_list(*{"id", sort.column.field}, named=True)
    ids = [row.id for row in iterate(rows, sort=sort, chunk=MAX_SLIPS)]
    return _preview(request, orders_to_print(ids))


@require_safe
@never_cache
def pdf_of_selection(request: SignedInRequest) -> HttpResponse:
    return _pdf(request, _named(request))


def _named(request: SignedInRequest) -> list[Order]:
    return orders_to_print(IdRanges().clean(request.GET.get("ids"))[:MAX_SLIPS])


def _preview(request: SignedInRequest, orders: Sequence[Order]) -> HttpResponse:
    if not orders:
        return _nothing_to_print(request)
    wanted = _wanted(request)
    request.session[PAPER] = wanted.paper
    sheets = _sheets(request, orders, load_letterhead(), reverse("orders:logo"))
    is_one = len(sheets) == 1
    context = {
        "sheets": [mark_safe(sheet.html) for sheet in sheets],  # noqa: S308  Jinja has escaped what is in it
        "order": orders[0] if is_one else None,
        "ids": ".".join(str(order.pk) for order in orders),
        "wanted": sheets[0].slip if is_one else wanted,
        "kinds": Kind.choices,
        "papers": Paper.choices,
    }
    return render(request, "orders/printing/preview.html", context)


def _pdf(request: SignedInRequest, orders: Sequence[Order]) -> HttpResponse:
    if not orders:
        return _nothing_to_print(request)
    letterhead = load_letterhead()
    sheets = _sheets(request, orders, letterhead, LOGO)
    slip = sheets[0].slip
    file = render_pdf(sheets, title=title_of(slip, *orders), logo=letterhead.logo)
    return HttpResponse(
        file,
        content_type="application/pdf",
        headers=file_named(_file_name(slip.kind, orders), is_shown=True),
    )


def _file_name(kind: Kind, orders: Sequence[Order]) -> str:
    """In the reader's language, who keeps the file; the slip itself is in the customer's."""
    if len(orders) > 1:
        return (
            pgettext("file name", "work-slips.pdf")
            if kind == Kind.WORK
            else pgettext("file name", "delivery-notes.pdf")
        )
    name = (
        pgettext("file name", "work-slip-%(number)s.pdf")
        if kind == Kind.WORK
        else pgettext("file name", "delivery-note-%(number)s.pdf")
    )
    return name % {"number": orders[0].pk}


def _nothing_to_print(request: SignedInRequest) -> HttpResponse:
    messages.warning(request, _("Select the orders to print first."))
    return redirect("orders:list")


@require_safe
def logo(request: HttpRequest) -> HttpResponse:
    picture = load_letterhead().logo
    return HttpResponse(
        bytes(picture or b""),
        status=200 if picture else 404,
        content_type="image/png",
        headers={"Cache-Control": "private, max-age=300"},
    )


def _wanted(request: SignedInRequest) -> Slip:
    """Without a language each slip is in its customer's."""
    kind = request.GET.get("kind", "")
    paper = request.GET.get("paper") or request.session.get(PAPER, "")
    language = request.GET.get("language", "")
    return Slip(
        Kind(kind) if kind in Kind else Kind.WORK,
        Paper(paper) if paper in Paper else Paper.A4,
        language if language in dict(settings.LANGUAGES) else "",
    )


def _sheets(
    request: SignedInRequest,
    orders: Sequence[Order],
    letterhead: Letterhead,
    logo: str,
) -> list[Sheet]:
    """``logo`` is the address of the letterhead's."""
    wanted, sheets = _wanted(request), []
    for order in orders:
        slip = wanted._replace(language=wanted.language or language_of(order))
        html = render_slip(
            order, slip, letterhead=letterhead, reader=request.user, logo=logo
        )
        sheets.append(Sheet(slip, html))
    return sheets
