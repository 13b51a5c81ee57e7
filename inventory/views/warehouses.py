"""Warehouses: they are added, renamed and deactivated. None is deleted here: its movements would lose their
place."""

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from inventory.forms import NewWarehouseForm, WarehouseForm
from inventory.models import StockLevel, Warehouse

HOLDS = Exists(StockLevel.objects.filter(warehouse=OuterRef("pk")).exclude(quantity=0))


@require_safe
def warehouses(request: HttpRequest) -> HttpResponse:
    return _list(request, NewWarehouseForm())


@require_POST
def new_warehouse(request: HttpRequest) -> HttpResponse:
    last = Warehouse.objects.order_by("-position").first()
    form = NewWarehouseForm(
        request.POST, instance=Warehouse(position=last.position + 1 if last else 0)
    )
    if not form.saved():
        return _list(request, form)
    messages.success(request, _("The warehouse is added."))
    return redirect("inventory:warehouses")


def _list(request: HttpRequest, form: NewWarehouseForm) -> HttpResponse:
    rows = Warehouse.objects.annotate(holds=HOLDS)
    return render(
        request, "inventory/warehouses.html", {"warehouses": rows, "form": form}
    )


@require_http_methods(["GET", "HEAD", "POST"])
def edit_warehouse(request: HttpRequest, pk: int) -> HttpResponse:
    warehouse = get_object_or_404(Warehouse, pk=pk)
    title = warehouse.name
    form = WarehouseForm(
        request.POST if request.method == "POST" else None, instance=warehouse
    )
    if request.method == "POST" and form.saved():
        messages.success(request, _("The warehouse is saved."))
        if not warehouse.is_active and warehouse.levels.exclude(quantity=0).exists():
            messages.warning(
                request,
                _(
                    "It still holds stock, which counts for its products until it is corrected or put back."
                ),
            )
        return redirect("inventory:warehouses")
    return render(
        request, "inventory/warehouse_form.html", {"form": form, "title": title}
    )
