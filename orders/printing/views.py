"""Printing an order: what will be on the paper, and the same as a PDF."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from common.http import SignedInRequest
from orders.models import Order
from orders.printing.pdf import LOGO, render_pdf
from orders.printing.slips import (
    Kind,
    Paper,
    Slip,
    language_of,
    load_letterhead,
    render_slip,
    title_of,
)

PAPER = "paper"
"""The session's key of the paper last chosen: whoever has a receipt printer has it every day."""


@require_safe
def preview(request: SignedInRequest, pk: int) -> HttpResponse:
    """What will be printed. The query says what: ``kind``, ``paper``, ``language``; what it does not name, or
    names wrongly, is the work slip, on the paper chosen last, in the customer's language."""
    order = get_object_or_404(Order.objects.for_page(), pk=pk)
    slip = _chosen(request, order)
    request.session[PAPER] = slip.paper
    context = {
        "order": order,
        "slip": slip,
        "sheet": mark_safe(  # noqa: S308  Jinja has escaped what is in it
            render_slip(
                order,
                slip,
                letterhead=load_letterhead(),
                reader=request.user,
                logo=reverse("orders:logo"),
            )
        ),
        "kinds": Kind.choices,
        "papers": Paper.choices,
    }
    return render(request, "orders/printing/preview.html", context)


@require_safe
@never_cache
def pdf(request: SignedInRequest, pk: int) -> HttpResponse:
    """The same as a file."""
    order = get_object_or_404(Order.objects.for_page(), pk=pk)
    slip = _chosen(request, order)
    letterhead = load_letterhead()
    html = render_slip(
        order, slip, letterhead=letterhead, reader=request.user, logo=LOGO
    )
    file = render_pdf(html, slip, title=title_of(slip, order), logo=letterhead.logo)
    name = f"{slip.kind}-{order.pk}.pdf"
    return HttpResponse(
        file,
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"'},
    )


@require_safe
def logo(request: HttpRequest) -> HttpResponse:
    picture = load_letterhead().logo
    return HttpResponse(
        bytes(picture or b""),
        status=200 if picture else 404,
        content_type="image/png",
        headers={"Cache-Control": "private, max-age=300"},
    )


def _chosen(request: SignedInRequest, order: Order) -> Slip:
    kind = request.GET.get("kind", "")
    paper = request.GET.get("paper") or request.session.get(PAPER, "")
    language = request.GET.get("language", "")
    return Slip(
        Kind(kind) if kind in Kind else Kind.WORK,
        Paper(paper) if paper in Paper else Paper.A4,
        language if language in dict(settings.LANGUAGES) else language_of(order),
    )
