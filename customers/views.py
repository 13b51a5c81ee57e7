"""The list of customers, a new one, and the customer's page. What also writes orders is in
orders.customer_views."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Max, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import push_url

from common.http import HtmxRequest
from common.lists import pagination
from common.lists.list_page import address
from common.lists.search import typed_words
from customers import editing
from customers.detail import page_context
from customers.forms import NewCustomerForm, PhoneForm
from customers.matching import ContactDetails
from customers.models import Customer, DoubtfulMatch
from customers.near_names import Near, near_searches
from customers.phones import Reading
from customers.same_person import is_told, twin_of
from customers.search import apply_search

SEE = "customers.see_contact_data"
SORTS = {
    "name": pagination.Column("names", pagination.read_text),
    "added": pagination.ID,
}
DEFAULT_SORT = "name"
MAX_COUNTED = 1_000
DEFAULTS = {"sort": DEFAULT_SORT, "size": str(pagination.DEFAULT_SIZE)}


@require_safe
@vary_on_headers("HX-Request", "HX-Target")
def customer_list(request: HtmxRequest) -> HttpResponse:
    words = typed_words(request.GET)
    contact_data = request.user.has_perm(SEE)
    customers = apply_search(
        Customer.objects.living(), words, contact_data=contact_data
    )
    sort = pagination.read_sort(request.GET.get("sort"), SORTS, DEFAULT_SORT)
    page = pagination.paginate(
        customers.for_list(contact_data=contact_data),
        sort=sort,
        size=pagination.read_size(request.GET.get("size")),
        after=pagination.read_cursor(request.GET.get("after"), sort),
        before=pagination.read_cursor(request.GET.get("before"), sort),
    )
    context = (
        _frame(request.GET, words, page, sort)
        | _count(customers, page, sort)
        | {"contact_data": contact_data, "page": page}
        | {"doubtful": contact_data and _doubtful(request)}
        | {"near": [] if page.rows or page.previous else _near(request, words)}
    )
    if request.htmx.target == "results":
        response = render(request, "customers/_results.html", context)
        here = _with(request.GET, **pagination.cursor_parameters(request.GET, page))
        return push_url(response, f"{request.path}{here}")
    return render(request, "customers/list.html", context)


def _doubtful(request: HtmxRequest) -> int:
    """How many customers wait for somebody who may merge to look through them."""
    if not request.user.has_perm("customers.merge_customer") or request.htmx:
        return 0
    return DoubtfulMatch.objects.waiting().count_customers()


def _near(request: HtmxRequest, words: str) -> list[tuple[Near, str]]:
    """Names spelled nearly as the words that found nobody, each with its URL."""
    contact_data = request.user.has_perm(SEE)

    def count(text: str) -> int:
        living = Customer.objects.living()
        found = apply_search(living, text, contact_data=contact_data)
        return pagination.count_up_to(found, MAX_COUNTED)

    found = near_searches(words, count)
    return [(near, _with(request.GET, q=near.text)) for near in found]


def _count(
    customers: "QuerySet[Customer]",
    page: pagination.Page[Customer],
    sort: pagination.Sort,
) -> dict[str, Any]:
    """How many match, up to MAX_COUNTED, where the page stands among them, and for each row its orders and
    the newest of them."""
    place = pagination.count_with_place(customers, page, sort, MAX_COUNTED)
    shown = Customer.objects.filter(pk__in=[each.pk for each in page.rows]).order_by()
    orders = {
        pk: (number, last)
        for pk, number, last in shown.values_list(
            "pk", Count("orders"), Max("orders__placed_at")
        )
    }
    return {
        "count": min(place.count, MAX_COUNTED),
        "count_is_capped": place.count > MAX_COUNTED,
        "place": place,
        "rows": [(each, *orders.get(each.pk, (0, None))) for each in page.rows],
    }


def _frame(
    url: QueryDict, words: str, page: pagination.Page[Customer], sort: pagination.Sort
) -> dict[str, Any]:
    """What stands around the rows."""
    size = pagination.read_size(url.get("size"))
    return {
        "words": words,
        "sort": sort,
        "sorted_by": {name: _sorting(url, name, sort) for name in SORTS},
        "size": size,
        "sizes": [(each, _with(url, size=str(each))) for each in pagination.SIZES],
        "previous_url": _with(url, before=page.previous) if page.previous else "",
        "next_url": _with(url, after=page.following) if page.following else "",
        "first_url": _with(url),
        "cleared_url": _with(url, q=""),
    }


def _sorting(url: QueryDict, name: str, sort: pagination.Sort) -> tuple[str, str]:
    """How the list is sorted by this column now, and where it is sorted the (other) way."""
    target = sort.next_by(name, descending_first=name == "added")
    return sort.aria_sort(name), _with(url, sort=target)


def _with(url: QueryDict, **changed: str) -> str:
    """The list's URL with other values; the page is kept only if given."""
    return address(url, ["sort", "size", "q"], defaults=DEFAULTS, **changed)


@require_safe
def customer_detail(request: HttpRequest, pk: int) -> HttpResponse:
    customer = get_object_or_404(Customer.objects.select_related("merged_into"), pk=pk)
    if customer.merged_into:
        return redirect(customer.merged_into, permanent=False)
    context = page_context(customer, contact_data=request.user.has_perm(SEE)) | {
        "phone_form": PhoneForm(),
        "owner": None,
    }
    return render(request, "customers/detail.html", context)


def note_unidentifying(request: HttpRequest, phone: Reading) -> None:
    """Tell the person that the number they typed is kept, but names nobody."""
    if phone and not phone.number:
        text = _(
            "%(number)s is not a valid phone number, or has an extension. It is kept as typed, but new "
            "orders with it do not go to this customer by themselves."
        )
        messages.warning(request, text % {"number": phone.typed})


def new_customer(request: HttpRequest) -> HttpResponse:
    form = NewCustomerForm(request.POST if request.method == "POST" else None)
    owner = twin = None
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        typed = ContactDetails(**values | {"phone": values["phone"].typed})
        told = request.POST.get("same_email", "")
        twin = None if is_told(typed, told) else twin_of(typed)
    if request.method == "POST" and form.is_valid() and not twin:
        try:
            with transaction.atomic():
                customer = editing.create_customer(
                    values,
                    values.pop("phone"),
                    by_id=request.user.pk,
                    now=timezone.now(),
                )
            note_unidentifying(request, form.cleaned_data["phone"])
            return redirect(customer)
        except editing.PhoneInUseError as error:
            owner = error.owner
    return render(
        request,
        "customers/new.html",
        {"form": form, "owner": owner, "twin": twin},
        status=409 if owner or twin else 200,
    )
