"""Actions on the order page, beside those on lines: status, assignee, type, customer, due date, note,
comment."""

from datetime import date

from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_safe

from common.formats import day, person_name
from common.http import SignedInRequest, int_or_none
from customers.forms import NewCustomerForm
from customers.models import Customer
from orders.domain import attributes
from orders.domain.editing import ActionRefusedError, EditConflictError
from orders.domain.labels import due_label, usual_days
from orders.domain.permissions import SEE_CONTACT_DATA, permissions_for_store, require
from orders.domain.status import Outcome, assign, change_status
from orders.domain.undo_record import remember
from orders.models import BulkKind, Order
from orders.order_list.lookups import load_lookups
from orders.order_page.context import next_statuses, permissions_on
from orders.order_page.customer_picker import (
    ANSWERS,
    Question,
    buyer_from_form,
    find_customer_by_id,
    find_customers,
    is_named,
    tell_whose_data,
)
from orders.order_page.forms import (
    AssigneeForm,
    CommentForm,
    DueForm,
    NoteForm,
    StatusForm,
    TypeForm,
)
from orders.order_page.responses import Answer, act

UNKNOWN = gettext_noop("This choice is no longer available. Reload the page.")


@require_safe
def statuses(request: SignedInRequest, pk: int) -> HttpResponse:
    """The next statuses of an order as a menu, requested when the list's menu is opened."""
    order = get_object_or_404(Order.objects.select_related("status"), pk=pk)
    known = load_lookups()
    offered = (
        next_statuses(order, known)
        if permissions_on(request.user, order).change
        else []
    )
    # The row may show an older status than the order has by now.
    seen = int_or_none(request.GET.get("seen"))
    context = {
        "order": order,
        "next_statuses": offered,
        "seen": seen,
        "in_list": True,
    }
    return render(request, "orders/order_page/_statuses.html", context)


@require_safe
def days(request: SignedInRequest, pk: int) -> HttpResponse:
    """The days that an order is mostly due on as a menu, requested when the list's menu is opened."""
    order = get_object_or_404(Order, pk=pk)
    require(request.user, *permissions_for_store(order.store_id))
    context = {
        "order": order,
        "choices": usual_days(timezone.localdate()),
        # The row may show an older date than the order has by now.
        "seen": request.GET.get("seen", ""),
    }
    return render(request, "orders/order_page/_days.html", context)


@act("order-head", "feed")
@transaction.atomic
def set_status(request: SignedInRequest, answer: Answer) -> None:
    form = StatusForm(request.POST)
    if not form.is_valid():
        raise ActionRefusedError(UNKNOWN)
    status = form.cleaned_data["status"]
    now = timezone.now()
    outcome = change_status(
        [answer.pk],
        status,
        seen={answer.pk: form.cleaned_data["seen"]},
        by=request.user,
        now=now,
    ).get(answer.pk)
    if outcome is Outcome.STALE:
        order = Order.objects.select_related("status").get(pk=answer.pk)
        answer.fail(
            _(
                "Somebody else has changed the status to “%(status)s”. It was left as it is."
            )
            % {"status": order.status.name}
        )
    elif outcome is Outcome.NOT_ALLOWED:
        answer.fail(
            _("The status of the order cannot be changed to “%(status)s”.")
            % {"status": status.name}
        )
    else:
        answer.said = _("Status: %(status)s") % {"status": status.name}
    if outcome is Outcome.CHANGED:
        answer.action = remember(
            answer.pk,
            BulkKind.STATUS,
            {"status_id": form.cleaned_data["seen"]},
            by=request.user,
            now=now,
            status=status,
        )


@act("details", "order-head", "feed")
@transaction.atomic
def set_assignee(request: SignedInRequest, answer: Answer) -> None:
    form = AssigneeForm(request.POST)
    if not form.is_valid():
        raise ActionRefusedError(UNKNOWN)
    assignee = form.cleaned_data["assignee"]
    now = timezone.now()
    outcome = assign(
        [answer.pk],
        assignee,
        seen={answer.pk: form.cleaned_data["seen"]},
        by=request.user,
        now=now,
    ).get(answer.pk)
    if outcome is Outcome.STALE:
        order = Order.objects.select_related("assignee").get(pk=answer.pk)
        answer.fail(
            _(
                "Somebody else has changed the assignee to %(name)s. It was left as it is."
            )
            % {"name": person_name(order.assignee) or _("nobody")}
        )
        return
    answer.said = _("Assignee: %(name)s") % {
        "name": person_name(assignee) or _("Nobody")
    }
    if outcome is Outcome.CHANGED:
        answer.action = remember(
            answer.pk,
            BulkKind.ASSIGN,
            {"assignee_id": form.cleaned_data["seen"]},
            by=request.user,
            now=now,
            assignee=assignee,
        )


@act("details", "order-head", "feed")
def set_type(request: SignedInRequest, answer: Answer) -> None:
    form = TypeForm(request.POST)
    if not form.is_valid():
        raise ActionRefusedError(UNKNOWN)
    attributes.set_type(
        answer.pk,
        form.cleaned_data["type"],
        seen=form.cleaned_data["seen"],
        by=request.user,
        now=timezone.now(),
    )
    answer.said = _("Type: %(type)s") % {"type": form.cleaned_data["type"].name}


@act("details", "feed")
def set_due(request: SignedInRequest, answer: Answer) -> None:
    wanted = "" if "clear" in request.POST else request.POST.get("due_on", "")
    form = DueForm({"due_on": wanted, "seen": request.POST.get("seen", "")})
    if not form.is_valid():
        answer.failed["due"] = form
        if answer.is_row:
            errors = form.errors.get("due_on") or [_(UNKNOWN)]
            answer.fail(" ".join(map(str, errors)))
        return
    due_on = form.cleaned_data["due_on"]
    try:
        answer.action = attributes.set_due(
            answer.pk,
            due_on,
            seen=form.cleaned_data["seen"],
            by=request.user,
            now=timezone.now(),
        )
    except EditConflictError as changed:
        answer.fail(_due_left(changed.now["due_on"]))
        answer.show_changes()
        return
    answer.said = due_label(due_on)


def _due_left(present: date | None) -> str:
    if present is None:
        return _("Somebody else has removed the due date. It was left as it is.")
    text = _("Somebody else has changed the due date to %(day)s. It was left as it is.")
    return text % {"day": day(present)}


@act("note", "feed")
def set_note(request: SignedInRequest, answer: Answer) -> None:
    """If somebody else has changed the note meanwhile, both are shown; saving again replaces it."""
    form = NoteForm.sent(request.POST)
    if form.is_valid():
        note, seen = form.cleaned_data["note"], form.cleaned_data["seen"]
        try:
            attributes.set_note(
                answer.pk, note, seen=seen, by=request.user, now=timezone.now()
            )
        except EditConflictError as changed:
            text = _(
                "Somebody else has changed the note: “%(note)s”. Save again to replace it."
            )
            form = form.again(changed.now["note"], text % changed.now)
        else:
            answer.said = _("Note saved.")
            return
    answer.editing, answer.failed["note"] = "note", form


@act("feed", "comment")
def add_comment(request: SignedInRequest, answer: Answer) -> None:
    form = CommentForm(request.POST)
    if not form.is_valid():
        answer.failed["comment"] = form
        return
    attributes.comment(
        answer.pk,
        form.cleaned_data["text"].replace("\r\n", "\n"),
        by=request.user,
        now=timezone.now(),
    )
    answer.said = _("Comment added.")


@require_safe
def find_customer(request: SignedInRequest) -> HttpResponse:
    """Customers to choose from, as buttons named ``customer`` with the id as value, for the form around
    them."""
    return render(
        request,
        "orders/order_page/_found_customers.html",
        {"who": find_customers(request.GET.get("who", ""), request.user)},
    )


def _known_as(customer: Customer | None, user: User) -> str:
    contact_data = user.has_perm(SEE_CONTACT_DATA)
    return customer.known_as(contact_data=contact_data) if customer else _("Unknown")


@act("customer", "feed")
def set_customer(request: SignedInRequest, answer: Answer) -> None:
    """``customer`` is the id of an existing one; ``nobody`` removes the customer; ``new`` creates one from
    the form, and ``same_email`` one whose address another one has; ``same_customer`` says that the form is
    about an existing one."""
    is_new = bool({"new", *ANSWERS} & request.POST.keys())
    is_bound = is_new or is_named(request.POST)
    form = NewCustomerForm(request.POST if is_bound else None)
    chosen: attributes.Buyer | Question = find_customer_by_id(
        request.POST.get("customer", ""), request.user
    )
    if is_new and form.is_valid():
        chosen = buyer_from_form(form, request.POST, request.user)
    if isinstance(chosen, Question) or (
        chosen is None and "nobody" not in request.POST
    ):
        if request.POST.get("customer"):
            answer.fail(_(attributes.NO_CUSTOMER))
        answer.editing = "customer"
        answer.failed["customer"] = {
            "who": find_customers(request.POST.get("who", ""), request.user),
            "new_customer_form": form,
            "question": chosen,
        }
        return
    given = attributes.set_customer(
        answer.pk,
        chosen,
        seen=int_or_none(request.POST.get("seen")),
        by=request.user,
        now=timezone.now(),
    )
    answer.said = _("Customer: %(name)s") % {"name": _known_as(given, request.user)}
    tell_whose_data(request, chosen, given)
