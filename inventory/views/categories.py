"""Categories: they are added and renamed; a name exists once."""

from django.contrib import messages
from django.db.models import Count, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from common.lists import pagination
from common.lists.list_page import list_context
from common.lists.pagination import Column
from inventory.forms import CategoryForm
from inventory.models import Category, Product

SORT = pagination.Sort("name", Column("key", pagination.read_text), descending=False)


@require_safe
def categories(request: HttpRequest) -> HttpResponse:
    return _list(request, CategoryForm())


@require_POST
def new_category(request: HttpRequest) -> HttpResponse:
    form = CategoryForm(request.POST)
    if not form.saved():
        return _list(request, form)
    messages.success(request, _("The category is added."))
    return redirect("inventory:categories")


def _list(request: HttpRequest, form: CategoryForm) -> HttpResponse:
    members = (
        Product.objects.living()
        .filter(category=OuterRef("pk"))
        .order_by()
        .values("category")
        .annotate(number=Count("pk"))
    )
    number = Coalesce(
        Subquery(members.values("number")), 0, output_field=IntegerField()
    )
    categories = Category.objects.all()
    context = list_context(
        request,
        categories.annotate(number=number),
        counted=categories,
        sort=SORT,
        usual="name",
    )
    return render(request, "inventory/categories.html", context | {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
def edit_category(request: HttpRequest, pk: int) -> HttpResponse:
    category = get_object_or_404(Category, pk=pk)
    title = category.name
    form = CategoryForm(
        request.POST if request.method == "POST" else None, instance=category
    )
    if request.method == "POST" and form.saved():
        messages.success(request, _("The category is renamed."))
        return redirect("inventory:categories")
    return render(
        request,
        "inventory/category_form.html",
        {"form": form, "title": title, "category": category},
    )
