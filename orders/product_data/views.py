"""What is done to a product that order lines follow: correct its matches, merge it, undo that."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from common.http import SignedInRequest, int_or_none
from common.lists.search import typed_words
from inventory.messages import explain
from inventory.models import Product, ProductEvent, ProductKey
from inventory.stock import StockError
from orders.domain.editing import ActionRefusedError
from orders.domain.permissions import require
from orders.product_data import candidates, matching
from orders.product_data.merging import merge, undo

ADD = "inventory.add_product"


@require_http_methods(["GET", "HEAD", "POST"])
def move(request: SignedInRequest, pk: int) -> HttpResponse:
    """Choose a product by searching, see which lines follow, and with a POST move the match there; ``own``
    makes a product of its own for it."""
    match = get_object_or_404(ProductKey.objects.select_related("product"), pk=pk)
    if request.method == "POST":
        return _move(request, match)
    words = typed_words(request.GET)
    context = {"match": match, "product": match.product, "words": words}
    target = candidates.chosen(request.GET.get("to"), not_this=match.product_id)
    if target or "own" in request.GET:
        context |= {"target": target, **candidates.lines_concerned(match)}
        return render(request, "inventory/match_move.html", context)
    context["found"] = candidates.targets(match, words)
    return render(request, "inventory/match_target.html", context)


def _move(request: SignedInRequest, match: ProductKey) -> HttpResponse:
    seen = int_or_none(request.POST.get("seen")) or 0
    to = int_or_none(request.POST.get("to")) or 0
    by_id, now = request.user.pk, timezone.now()
    try:
        if "own" in request.POST:
            require(request.user, ADD)
            made = matching.split_match(match.pk, seen=seen, by_id=by_id, now=now)
            messages.success(request, _("The variant has a product of its own now."))
            return redirect(made)
        moved = matching.move_match(match.pk, to, seen=seen, by_id=by_id, now=now)
    except ActionRefusedError as refused:
        messages.error(request, _(str(refused)))
        return redirect(match.product)
    sentence = ngettext(
        "The match is moved here, and with it %(count)s open order line.",
        "The match is moved here, and with it %(count)s open order lines.",
        moved,
    )
    messages.success(request, sentence % {"count": moved})
    return redirect("inventory:product", to)


@require_POST
def confirm(request: SignedInRequest, pk: int) -> HttpResponse:
    match = get_object_or_404(ProductKey.objects.select_related("product"), pk=pk)
    seen = int_or_none(request.POST.get("seen")) or 0
    try:
        matching.confirm_match(pk, seen=seen, by_id=request.user.pk, now=timezone.now())
        messages.success(request, _("The match is confirmed."))
    except ActionRefusedError as refused:
        messages.error(request, _(str(refused)))
    return redirect(match.product)


@require_POST
def remove(request: SignedInRequest, pk: int) -> HttpResponse:
    match = get_object_or_404(ProductKey.objects.select_related("product"), pk=pk)
    seen = int_or_none(request.POST.get("seen")) or 0
    try:
        matching.remove_match(pk, seen=seen, by_id=request.user.pk, now=timezone.now())
        messages.success(
            request,
            _("The match is removed. The next order with the variant decides anew."),
        )
    except ActionRefusedError as refused:
        messages.error(request, _(str(refused)))
    return redirect(match.product)


@require_http_methods(["GET", "HEAD", "POST"])
def merge_products(request: SignedInRequest, pk: int) -> HttpResponse:
    """Choose the other one by searching, compare the two, and with a POST let this one take the other's
    place."""
    product = get_object_or_404(Product.objects.living(), pk=pk)
    wanted = request.POST.get("with") or request.GET.get("with")
    other = candidates.chosen(wanted, not_this=pk)
    if request.method == "POST":
        return _merge(request, product, other)
    if other:
        context = candidates.comparison(product, other)
        return render(request, "inventory/product_compare.html", context)
    words = typed_words(request.GET)
    found = candidates.mergeable(product, words)
    context = {"product": product, "words": words, "found": found}
    return render(request, "inventory/product_merge.html", context)


def _merge(
    request: SignedInRequest, product: Product, other: Product | None
) -> HttpResponse:
    try:
        gone = other.pk if other else 0
        merge(product.pk, gone, by_id=request.user.pk, now=timezone.now())
        sentence = _("%(gone)s was merged into this product.")
        messages.success(request, sentence % {"gone": other})
    except ActionRefusedError as refused:
        messages.error(request, _(str(refused)))
    except StockError as error:
        messages.error(request, explain(error))
    return redirect(product)


@require_POST
def undo_merge(request: SignedInRequest, pk: int, event: int) -> HttpResponse:
    merged = get_object_or_404(ProductEvent, pk=event, product=pk)
    try:
        back = undo(merged, by_id=request.user.pk, now=timezone.now())
        sentence = _("%(name)s is a product of its own again.")
        messages.success(request, sentence % {"name": back})
    except ActionRefusedError as refused:
        messages.error(request, _(str(refused)))
    except StockError as error:
        messages.error(request, explain(error))
    return redirect("inventory:product", pk)
