"""The product page, its form, and the correction of its stock."""

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from common.forms.seen import FieldConflictError
from common.http import int_or_none
from inventory import editing
from inventory.archiving import archive, restore
from inventory.forms import CorrectionForm, ProductForm
from inventory.messages import explain
from inventory.models import Category, Product
from inventory.product_detail import (
    lines_of,
    matches_of,
    movements_of,
    places_of,
    twins_of,
)
from inventory.stock import LevelChangedError, StockError, correct
from inventory.timeline import timeline_of

CONFLICT = 409
MOST_OFFERED = 500
"""Categories in the list that a person picks from; others can be typed."""


@require_safe
def product(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, pk, CorrectionForm())


@require_POST
def correct_stock(request: HttpRequest, pk: int) -> HttpResponse:
    form = CorrectionForm(request.POST)
    if not form.is_valid():
        return _page(request, pk, form)
    given = form.cleaned_data
    counted = {"counted": given["counted"], "reason": given["reason"]}
    try:
        movement = correct(
            get_object_or_404(Product, pk=pk),
            given["warehouse"],
            **counted,
            seen=form.level_seen,
            by_id=request.user.pk,
            now=timezone.now(),
        )
    except LevelChangedError as error:
        form.add_error("counted", explain(error))
        return _page(request, pk, form, status=CONFLICT)
    except StockError as error:
        form.add_error(None, explain(error))
        return _page(request, pk, form)
    messages.success(
        request,
        _("The stock is corrected.")
        if movement
        else _("The count agrees with the stock; nothing changed."),
    )
    return redirect("inventory:product", pk)


def _page(
    request: HttpRequest, pk: int, form: CorrectionForm, status: int = 200
) -> HttpResponse:
    products = Product.objects.select_related("category", "merged_into")
    product = get_object_or_404(products.defer("search"), pk=pk)
    if product.merged_into:
        return redirect(product.merged_into)
    before = int_or_none(request.GET.get("before"))
    movements, older = movements_of(product, before=before)
    lines, more_lines = lines_of(product)
    matches, places = matches_of(product), places_of(product)
    form.offer(place for place in places if place.is_active)
    if status == CONFLICT:
        form.see_again()
    is_ambiguous = any(match.ambiguous for match in matches)
    context = {
        "product": product,
        "places": places,
        "form": form,
        "movements": movements,
        "older": older,
        "is_first": before is None,
        "lines": lines,
        "more_lines": more_lines,
        "matches": matches,
        "timeline": timeline_of(product),
        "is_ambiguous": is_ambiguous,
        "twins": twins_of(product) if is_ambiguous else [],
    }
    return render(request, "inventory/product.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def new_product(request: HttpRequest) -> HttpResponse:
    return _edit(request, Product(created_at=timezone.now()))


@require_http_methods(["GET", "HEAD", "POST"])
def edit_product(request: HttpRequest, pk: int) -> HttpResponse:
    products = Product.objects.living().select_related("category")
    return _edit(request, get_object_or_404(products, pk=pk))


@require_POST
def archive_product(request: HttpRequest, pk: int) -> HttpResponse:
    product = get_object_or_404(Product.objects.living(), pk=pk)
    if archive(product, by_id=request.user.pk, now=timezone.now()):
        messages.success(request, _("The product is archived: it is offered no more."))
    return redirect(product)


@require_POST
def restore_product(request: HttpRequest, pk: int) -> HttpResponse:
    product = get_object_or_404(Product.objects.living(), pk=pk)
    if restore(product, by_id=request.user.pk, now=timezone.now()):
        messages.success(request, _("The product is offered again."))
    return redirect(product)


def _edit(request: HttpRequest, product: Product) -> HttpResponse:
    posted = request.POST if request.method == "POST" else None
    title = product.name or _("New product")
    form = ProductForm(
        posted,
        instance=product,
        may_add_category=request.user.has_perm("inventory.add_category"),
    )
    if posted is not None and form.is_valid():
        saved = _saved(form, product.pk, request)
        if saved:
            messages.success(request, _("The product is saved."))
            _warn_of_twins(request, saved)
            return redirect("inventory:product", saved.pk)
    offered = Category.objects.filter(is_active=True).order_by("key")
    categories = offered.values_list("name", flat=True)[:MOST_OFFERED]
    return render(
        request,
        "inventory/product_form.html",
        {"form": form, "title": title, "categories": categories},
        status=CONFLICT if form.is_in_conflict else 200,
    )


@transaction.atomic
def _saved(
    form: ProductForm, product_id: int | None, request: HttpRequest
) -> Product | None:
    """Store a new product, or what the person changed of a known one; None if the form says why not."""
    by, now = request.user.pk, timezone.now()
    if product_id is None:
        values = {name: form.cleaned_data[name] for name in editing.FIELDS}
        return editing.create_product(values, by_id=by, now=now)
    try:
        held = editing.lock_product(product_id)
    except Product.DoesNotExist:
        raise Http404 from None
    try:
        editing.change_product(
            held, form.wanted, seen=form.values_seen, by_id=by, now=now
        )
    except FieldConflictError as conflict:
        form.show_conflict(conflict, editing.shown_values(held))
        return None
    return held


def _warn_of_twins(request: HttpRequest, product: Product) -> None:
    """Two products with one SKU are allowed, but a store's product would match the older one (P2)."""
    same = (
        Product.objects.offered().filter(sku=product.sku).exclude(pk=product.pk).count()
        if product.sku
        else 0
    )
    if same:
        sentence = ngettext(
            "%(count)s other product has the SKU %(sku)s too. A store's product with this SKU matches the "
            "oldest one.",
            "%(count)s other products have the SKU %(sku)s too. A store's product with this SKU matches the "
            "oldest one.",
            same,
        )
        messages.warning(request, sentence % {"count": same, "sku": product.sku})
