"""What is done to a customer that orders repeat or follow: edit, phone numbers, merge, undo, export,
erase."""

import json
from collections.abc import Iterator

from django.contrib import messages
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_POST

from common.forms.seen import FieldConflictError
from common.http import Context, SignedInRequest, file_named, int_or_none
from common.lists.search import typed_words
from customers import editing
from customers.detail import page_context
from customers.forms import NAMELESS, EditCustomerForm, PhoneForm
from customers.models import Customer, CustomerEvent
from customers.views import SEE, note_unidentifying
from orders.customer_data import merge_candidates
from orders.customer_data.data_export import export_person
from orders.customer_data.erasure import erase_person
from orders.customer_data.merging import merge, undo
from orders.domain.customer_fields import update_denormalised_fields
from orders.domain.editing import ActionRefusedError
from orders.domain.locking import lock_imports

UNIDENTIFYING = gettext_lazy(
    "This number is not valid or has an extension, so it can only be kept as a customer's only number."
)


def edit_customer(request: SignedInRequest, pk: int) -> HttpResponse:
    customer = _living(pk)
    initial = editing.shown_values(customer) | {"phone": customer.phone}
    form = EditCustomerForm(
        request.POST if request.method == "POST" else None, initial=initial
    )
    if request.method == "POST" and form.is_valid() and _saved(form, pk, request):
        return redirect("customers:detail", pk)
    context = {"form": form, "customer": customer}
    status = 409 if form.is_in_conflict else 200
    return render(request, "customers/edit.html", context, status=status)


@transaction.atomic
def _saved(form: EditCustomerForm, pk: int, request: SignedInRequest) -> bool:
    """Write what the person changed; if that cannot be, the form says why."""
    lock_imports()
    held = editing.lock_customer(pk)
    try:
        is_changed = editing.change_customer(
            held,
            form.wanted,
            seen=form.values_seen,
            by_id=request.user.pk,
            now=timezone.now(),
        )
    except FieldConflictError as conflict:
        form.show_conflict(conflict, editing.shown_values(held))
        return False
    except editing.NamelessError:
        form.add_error(None, NAMELESS)
        return False
    if is_changed:
        update_denormalised_fields([held])
    return True


@require_POST
def change_phones(request: SignedInRequest, pk: int) -> HttpResponse:
    """``act`` is add (``phone``, in any notation), remove or main (``number``, as the page has it), or
    restore (``event``, the id of a removal)."""
    _living(pk)
    form = PhoneForm(request.POST)
    act = request.POST.get("act")
    if act == "add" and not form.is_valid():
        return _page(request, pk, phone_form=form, owner=None)
    try:
        with transaction.atomic():
            lock_imports()
            held = editing.lock_customer(pk)
            _apply(held, act, form, request)
            update_denormalised_fields([held])
    except editing.PhoneInUseError as error:
        return _page(request, pk, phone_form=form, owner=error.owner)
    except editing.UnidentifyingPhoneError:
        form.add_error("phone", UNIDENTIFYING)
        return _page(request, pk, phone_form=form, owner=None)
    if act == "add":
        note_unidentifying(request, form.cleaned_data["phone"])
    return redirect(held)


def _apply(
    customer: Customer, act: str | None, form: PhoneForm, request: SignedInRequest
) -> None:
    by, now, number = (
        request.user.pk,
        timezone.now(),
        request.POST.get("number", "")[:64].replace("\x00", ""),
    )
    if act == "add":
        editing.add_phone(customer, form.cleaned_data["phone"], by_id=by, now=now)
    elif act == "remove":
        removal = editing.remove_phone(customer, number, by_id=by, now=now)
        if removal:
            # Without the number: messages are kept where no erasure looks.
            tags = f"phone {customer.pk} {removal.pk}"
            messages.success(request, _("The phone number was removed."), tags)
    elif act == "restore":
        event = int_or_none(request.POST.get("event")) or 0
        if editing.restore_phone(customer, event, by_id=by, now=now):
            messages.success(request, _("The phone number is there again."))
    elif act == "main":
        editing.set_main_phone(customer, number, by_id=by, now=now)


def _page(
    request: SignedInRequest, pk: int, *, phone_form: PhoneForm, owner: Customer | None
) -> HttpResponse:
    """The customer's page with what was wrong; ``owner`` is whose the number is that was to be added."""
    context = page_context(_living(pk), contact_data=True) | {
        "phone_form": phone_form,
        "owner": owner,
    }
    return render(
        request, "customers/detail.html", context, status=409 if owner else 422
    )


def merge_customers(request: SignedInRequest, pk: int) -> HttpResponse:
    """Choose the other one by searching, compare the two, and with a POST let this one take the other's
    place."""
    customer = _living(pk)
    other = merge_candidates.chosen(
        request.POST.get("with") or request.GET.get("with"), customer
    )
    if request.method == "POST" and other:
        try:
            merge(customer.pk, other.pk, by_id=request.user.pk, now=timezone.now())
            text = _("%(gone)s was merged into this customer.")
            messages.success(
                request, text % {"gone": other.known_as(contact_data=True)}
            )
        except ActionRefusedError as refused:
            messages.error(request, _(str(refused)))
        return redirect(customer)
    if other:
        return render(
            request,
            "customers/compare.html",
            merge_candidates.comparison(customer, other),
        )
    words = typed_words(request.GET)
    found = merge_candidates.found(customer, words)
    return render(
        request,
        "customers/merge.html",
        {"customer": customer, "words": words, "found": found},
    )


@require_POST
def undo_merge(request: SignedInRequest, pk: int, event: int) -> HttpResponse:
    merged = get_object_or_404(CustomerEvent, pk=event, customer=pk)
    try:
        back = undo(merged, by_id=request.user.pk, now=timezone.now())
        name = back.known_as(contact_data=request.user.has_perm(SEE))
        text = _("%(name)s is a customer of its own again.")
        messages.success(request, text % {"name": name})
    except ActionRefusedError as refused:
        messages.error(request, _(str(refused)))
    return redirect("customers:detail", pk)


@require_POST
def export_customer(request: SignedInRequest, pk: int) -> HttpResponseBase:
    person = export_person(_living(pk), by_id=request.user.pk, now=timezone.now())
    name = pgettext("file name", "customer-%(number)s.json") % {"number": pk}
    return StreamingHttpResponse(
        _json(person), content_type="application/json", headers=file_named(name)
    )


def _json(values: Context) -> Iterator[str]:
    yield from json.JSONEncoder(
        default=DjangoJSONEncoder().default, ensure_ascii=False, indent=2
    ).iterencode(values)


def erase_customer(request: SignedInRequest, pk: int) -> HttpResponse:
    """Nothing brings the person back, so a word is to be typed."""
    customer = _living(pk)
    word = pgettext("typed to confirm", "erase")
    typed = request.POST.get("word", "").strip().casefold()
    if request.method == "POST" and typed == word.casefold():
        try:
            erase_person(customer, by_id=request.user.pk, now=timezone.now())
            messages.success(request, _("The person was erased. Their orders stay."))
        except ActionRefusedError as refused:
            messages.error(request, _(str(refused)))
        return redirect(customer)
    context = {
        "customer": customer,
        "word": word,
        "is_wrong": request.method == "POST",
        "number": customer.orders.count(),
    }
    return render(
        request,
        "customers/erase.html",
        context,
        status=422 if context["is_wrong"] else 200,
    )


def _living(pk: int) -> Customer:
    return get_object_or_404(Customer.objects.living(), pk=pk)
