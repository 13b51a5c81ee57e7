"""Creating an order in RO App (O9): one form that grows line by line, kept as a draft until it is sent."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from common.forms import drafts
from common.http import HtmxRequest, SignedInRequest, int_or_none
from orders.domain.attributes import NO_CUSTOMER
from orders.domain.create import create_order
from orders.domain.editing import ActionRefusedError
from orders.order_page.create_form import (
    DRAFT,
    Drafting,
    OfferedDraft,
    load_draft,
    offered_drafts,
)
from orders.order_page.customer_picker import ANSWERS, tell_whose_data
from orders.order_page.forms import NewLineForm
from orders.order_page.line_actions import NEW_LINE_ID, is_search, searched

NOT_CHOSEN = gettext_noop(
    "A customer was looked for, but not chosen. Choose one, or empty the search box."
)


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: SignedInRequest) -> HttpResponse:
    """``save`` creates the order, and so do the answers to the question whether a new customer is an existing
    one; ``discard`` forgets a draft; every other button changes the page."""
    if request.method != "POST":
        return _page(request, _begun(request))
    if "discard" in request.POST:
        drafts.discard(request.user, f"{DRAFT}/{request.POST['discard']}")
        messages.success(request, _("The draft is discarded."))
        return redirect("orders:create")
    drafting = Drafting(request.user, request.POST)
    is_sent = bool({"save", *ANSWERS} & request.POST.keys())
    if is_sent and (made := _make(request, drafting)):
        return made
    if (number := int_or_none(request.POST.get("without"))) is not None:
        drafting.remove(number)
    elif {"product", "free", "find"} & request.POST.keys():
        _add_line(request, drafting)
    if "find" in request.POST:
        drafting.offer_new_customer()
    _store(request.user.pk, drafting)
    return _page(request, drafting)


def _begun(request: SignedInRequest) -> Drafting:
    """A new page, or the draft that the address names."""
    token = request.GET.get("draft", "")
    data = load_draft(request.user, token) if token else None
    if token and data is None:
        messages.warning(request, _("This draft is no longer there."))
    return Drafting(request.user, data, customer=request.GET.get("customer", ""))


def _store(user_id: int, drafting: Drafting) -> None:
    drafts.store(user_id, drafting.name, drafting.typed, now=timezone.now())


@require_POST
@login_not_required
def store_draft(request: HtmxRequest) -> HttpResponse:
    """Keep what is typed, as the page sends it by itself, and say what the lines come to. It is kept also
    after the session has ended, for the user whose page it is."""
    user_id, _name = drafts.unseal(request.POST.get("draft", "")) or (0, "")
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        raise PermissionDenied
    drafting = Drafting(user, request.POST)
    _store(user.pk, drafting)
    # In another language the numbers would be others.
    if request.user != user:
        return HttpResponse(status=204)
    return render(
        request, "orders/order_page/_running_total.html", {"drafting": drafting}
    )


def _make(request: SignedInRequest, drafting: Drafting) -> HttpResponse | None:
    """Redirect to the new order; None if it could not be created, and the page says why."""
    try:
        draft = drafting.finish()
        if draft is None:
            return None
        if drafting.customer_is_gone:
            raise ActionRefusedError(NO_CUSTOMER)
        if drafting.unchosen_customer:
            raise ActionRefusedError(NOT_CHOSEN)
        order = create_order(draft, by=request.user, now=timezone.now())
    except ActionRefusedError as refused:
        messages.error(request, _(str(refused)))
        return None
    drafts.close(request.user, drafting.name, now=timezone.now())
    tell_whose_data(request, draft.customer, order.customer)
    messages.success(request, _("Order %(number)s was created.") % {"number": order.pk})
    if request.htmx:
        return HttpResponseClientRedirect(order.get_absolute_url())
    return redirect(order)


def _others(request: SignedInRequest, drafting: Drafting) -> list[OfferedDraft]:
    offered = offered_drafts(request.user)
    return [each for each in offered if f"{DRAFT}/{each.token}" != drafting.name]


def _add_line(request: SignedInRequest, drafting: Drafting) -> None:
    """A product, free text, or the product of the typed SKU or code; otherwise matching products are
    offered."""
    data = request.POST.copy()
    if is_search(data):
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
        "question": drafting.question,
        "found": drafting.found,
        "is_part": part,
        "offered_drafts": []
        if request.method == "POST"
        else _others(request, drafting),
    }
    return render(
        request,
        "orders/order_page/_create.html" if part else "orders/order_page/create.html",
        context,
    )
