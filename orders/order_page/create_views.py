"""Creating an order in RO App (O9): one form that grows line by line, and stores nothing until it is sent."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from common.http import SignedInRequest, int_or_none
from orders.domain.attributes import NO_CUSTOMER
from orders.domain.create import create_order
from orders.domain.editing import ActionRefusedError
from orders.order_page.create_form import Drafting
from orders.order_page.forms import NewLineForm
from orders.order_page.line_actions import NEW_LINE_ID, recognised, searched


@require_http_methods(["GET", "POST"])
def create(request: SignedInRequest) -> HttpResponse:
    """``save`` creates the order; every other button changes the page."""
    if request.method == "GET":
        return _page(
            request,
            Drafting(request.user, None, customer=request.GET.get("customer", "")),
        )
    drafting = Drafting(request.user, request.POST)
    if "save" in request.POST and (made := _make(request, drafting)):
        return made
    if (number := int_or_none(request.POST.get("without"))) is not None:
        drafting.remove(number)
    elif {"product", "free", "find"} & request.POST.keys():
        _add_line(request, drafting)
    return _page(request, drafting)


def _make(request: SignedInRequest, drafting: Drafting) -> HttpResponse | None:
    """Redirect to the new order; None if it could not be created, and the page says why."""
    draft = drafting.draft
    if draft is None:
        return None
    try:
        if drafting.customer_is_gone:
            raise ActionRefusedError(NO_CUSTOMER)
        order = create_order(draft, by=request.user, now=timezone.now())
    except ActionRefusedError as refused:
        messages.error(request, _(str(refused)))
        return None
    messages.success(request, _("Order %(number)s was created.") % {"number": order.pk})
    if request.htmx:
        return HttpResponseClientRedirect(order.get_absolute_url())
    return redirect(order)


def _add_line(request: SignedInRequest, drafting: Drafting) -> None:
    """A product, free text, or the product of the typed SKU or code; otherwise matching products are
    offered."""
    data = request.POST.copy()
    if not data.get("product") and "free" not in data and not recognised(data):
        if data.get("q", "").strip():
            found = searched(data)
            drafting.new_line_form, drafting.found = found["new_line"], found["found"]
        return
    form = NewLineForm(data, auto_id=NEW_LINE_ID)
    if form.is_valid() and not drafting.is_full:
        drafting.add(form)
    else:
        drafting.new_line_form = form


def _page(request: SignedInRequest, drafting: Drafting) -> HttpResponse:
    part = bool(request.htmx)
    context = {
        "drafting": drafting,
        "who": drafting.who,
        "new_customer_form": drafting.new_customer_form,
        "found": drafting.found,
        "is_part": part,
    }
    return render(
        request, "orders/_create.html" if part else "orders/create.html", context
    )
