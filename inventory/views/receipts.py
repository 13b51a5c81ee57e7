"""Receipts: drafts are written, posted once with a confirmation, and frozen from then on."""

from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)
from django_htmx.http import HttpResponseClientRedirect

from common.http import MAX_INTEGER, HtmxRequest, int_or_none
from common.lists import pagination
from common.lists.list_page import list_context
from inventory.messages import explain
from inventory.models import Receipt, Warehouse
from inventory.receipt_form import Draft
from inventory.receipts import discard_draft, save_draft, start_draft
from inventory.search import find_products
from inventory.stock import StockError, receive
from inventory.views.product_list import MAX_FOUND

SORT = pagination.Sort("number", pagination.ID, descending=True)
STATES = {"draft": {"posted_at__isnull": True}, "posted": {"posted_at__isnull": False}}


@require_safe
def receipts(request: HttpRequest) -> HttpResponse:
    state = request.GET.get("state", "")
    rows = Receipt.objects.filter(**STATES.get(state, {}))
    shown = (
        rows.select_related("warehouse", "by", "posted_by")
        .defer("note")
        .annotate(size=Count("lines"))
    )
    context = list_context(
        request, shown, counted=rows, sort=SORT, usual=SORT.text, names=["state"]
    )
    return render(
        request,
        "inventory/receipts.html",
        context | {"state": state if state in STATES else ""},
    )


@require_safe
def receipt(request: HttpRequest, pk: int) -> HttpResponse:
    receipt = get_object_or_404(
        Receipt.objects.select_related("warehouse", "by", "posted_by"), pk=pk
    )
    lines = receipt.lines.select_related("product").defer(
        "product__description", "product__search"
    )
    return render(
        request, "inventory/receipt.html", {"receipt": receipt, "lines": lines}
    )


@require_http_methods(["GET", "HEAD", "POST"])
def new_receipt(request: HtmxRequest) -> HttpResponse:
    draft = Draft(
        Receipt(warehouse=Warehouse.objects.filter(is_active=True).first()),
        request.POST or None,
    )
    is_search = "find" in request.POST and (draft.unmatched or not draft.size)
    if request.method == "POST" and not is_search and draft.is_valid():
        receipt = start_draft(
            draft.head, draft.lines, by_id=request.user.pk, now=timezone.now()
        )
        return (
            _go(request, "inventory:receipt-post", receipt.pk)
            if "post" in request.POST
            else _back(receipt, draft)
        )
    return _form(request, draft, draft.unmatched)


@require_http_methods(["GET", "HEAD", "POST"])
def edit_receipt(request: HtmxRequest, pk: int) -> HttpResponse:
    """A page with JavaScript exchanges only the form: it is answered with the page itself instead of a
    redirect."""
    receipt = get_object_or_404(Receipt, pk=pk)
    if receipt.posted_at:
        return redirect("inventory:receipt", pk)
    draft = Draft(receipt, request.POST or None)
    if request.method != "POST" or not _saved(request, draft):
        return _form(request, draft, draft.unmatched or request.GET.get("q", ""))
    if "post" in request.POST:
        return _go(request, "inventory:receipt-post", pk)
    if not request.htmx:
        return _back(receipt, draft)
    return _form(request, Draft(receipt, None), draft.unmatched)


def _saved(request: HttpRequest, draft: Draft) -> bool:
    if not draft.is_valid():
        return False
    try:
        save_draft(draft.receipt, draft.head, draft.lines, version=draft.version)
    except StockError as error:
        draft.form.add_error(None, explain(error))
        return False
    if "save" in request.POST:
        messages.success(request, _("The draft is saved."))
    return True


def _back(receipt: Receipt, draft: Draft) -> HttpResponse:
    """To the draft; what was searched for is then found there."""
    query = urlencode({"q": draft.unmatched}) if draft.unmatched else ""
    return redirect(
        f"{reverse('inventory:receipt-edit', args=[receipt.pk])}{'?' if query else ''}{query}"
    )


def _form(request: HttpRequest, draft: Draft, text: str) -> HttpResponse:
    """The form, with the products that ``text`` finds."""
    found = find_products(text, MAX_FOUND + 1) if text else []
    context = {
        "draft": draft,
        "text": text,
        "products": found[:MAX_FOUND],
        "prices": {},
        "is_cut": len(found) > MAX_FOUND,
    }
    # Who adds products goes on adding: the next one is typed or scanned into the same box.
    is_adding = "product" in request.POST or "find" in request.POST
    context["is_adding"] = is_adding or request.method == "GET"
    return render(request, "inventory/receipt_form.html", context)


def _go(request: HtmxRequest, name: str, pk: int) -> HttpResponse:
    response = redirect(name, pk)
    return HttpResponseClientRedirect(response.url) if request.htmx else response


@require_http_methods(["GET", "HEAD", "POST"])
def post_receipt(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask first, then post what was shown."""
    receipt = get_object_or_404(
        Receipt.objects.select_related("warehouse").annotate(size=Count("lines")), pk=pk
    )
    trouble = ""
    if request.method == "POST":
        seen = int_or_none(request.POST.get("version"), most=MAX_INTEGER)
        receipt.version = -1 if seen is None else seen
        try:
            receive(receipt, by_id=request.user.pk, now=timezone.now())
        except StockError as error:
            trouble = explain(error)
            receipt.refresh_from_db()
        else:
            messages.success(
                request, _("The receipt is posted. Its products are in stock.")
            )
            return redirect("inventory:receipt", pk)
    elif receipt.posted_at:
        return redirect("inventory:receipt", pk)
    return render(
        request, "inventory/receipt_post.html", {"receipt": receipt, "trouble": trouble}
    )


@require_POST
def discard_receipt(request: HttpRequest, pk: int) -> HttpResponse:
    receipt = get_object_or_404(Receipt, pk=pk)
    try:
        discard_draft(receipt, version=receipt.version)
    except StockError as error:
        messages.error(request, explain(error))
        return redirect("inventory:receipt", pk)
    messages.success(request, _("The draft is discarded."))
    return redirect("inventory:receipts")
