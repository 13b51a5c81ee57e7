"""An action that reaches far asks first, with the exact number; what is confirmed is what was asked about."""

from collections.abc import Collection
from dataclasses import dataclass

from django.contrib import messages
from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from common.http import Context, SignedInRequest, back, int_or_none
from orders.bulk.engine import ask, drafts_of, note_gone, start
from orders.models import (
    BulkAction,
    BulkActionOrder,
    BulkKind,
    BulkOutcome,
    Order,
    OrderQuerySet,
    StatusGroup,
    WriteOff,
)
from orders.order_list.filters import row_ids, selected

MANY = 100
"""An action on more orders than this asks first."""
NAMED = 3


@dataclass(frozen=True, slots=True)
class Question:
    """A draft, and what the person has to know before it is started."""

    action: BulkAction
    total: int
    shown: int | None
    """How many orders the page said it would be, if that is no longer so."""

    form: Form | None = None
    """What it asks beside yes or no."""

    note: str = ""
    """What else happens, as a sentence."""

    @property
    def is_needed(self) -> bool:
        is_unlike_shown = self.shown is not None
        reaches_far = self.closes or self.form is not None
        return self.total > MANY or (
            self.total > 0 and (reaches_far or is_unlike_shown)
        )

    @property
    def first(self) -> list[Order]:
        """The first orders of those that are addressed, newest first, as the list usually shows them."""
        newest = _there(self.action).order_by("-order_id")
        ids = newest.values_list("order_id")[:NAMED]
        return list(Order.objects.filter(pk__in=ids).defer("search").order_by("-pk"))

    @property
    def more(self) -> int:
        return max(0, self.total - NAMED)

    @property
    def closes(self) -> bool:
        status = self.action.status
        return status is not None and status.group == StatusGroup.CLOSED

    @property
    def written_off(self) -> int:
        """Of the orders of a write-off, those of which nothing is left."""
        ids = self.action.orders.values("order_id")
        return Order.objects.filter(pk__in=ids, write_off=WriteOff.ALL).count()


def begin(
    request: SignedInRequest,
    kinds: Collection[BulkKind],
    wanted: Context,
    form: Form | None = None,
    *,
    orders: OrderQuerySet | None = None,
    note: str = "",
) -> BulkAction | HttpResponse:
    """The action that is posted, started; or as the answer the question to the person, or what went wrong.

    ``action`` names a draft of one of these ``kinds`` that the person has confirmed. Everything else is a
    new action on ``orders``, or on the posted selection, with ``wanted`` as for ``ask``; ``total`` is the
    number that the page showed for "all". Selected orders that have been deleted are among its outcomes. What
    is sent with ``form`` is set on the draft that is confirmed, or asked again if it is wrong. ``note`` is a
    sentence for the question.
    """
    now = timezone.now()
    if "action" not in request.POST:
        chosen_orders = selected(request) if orders is None else orders
        action = ask(chosen_orders, by=request.user, now=now, is_draft=True, **wanted)
        question = _question(request, action, form, note)
        named = [] if orders is not None else _named(request)
        if len(named) > question.total:
            note_gone(action, named, now=now)
        if question.is_needed:
            return _ask(request, question)
        return start(action.pk, kinds, by=request.user, now=now) or _gone(request)
    pk = int_or_none(request.POST["action"]) or 0
    if form and not form.is_valid():
        draft = drafts_of(request.user, kinds).filter(pk=pk).first()
        return (
            _ask(request, _question(request, draft, form)) if draft else _gone(request)
        )
    chosen = form.cleaned_data if form else {}
    return start(pk, kinds, by=request.user, now=now, **chosen) or _gone(request)


def _question(
    request: SignedInRequest,
    action: BulkAction,
    form: Form | None,
    note: str = "",
) -> Question:
    total = _there(action).count()
    shown = int_or_none(request.POST.get("total"))
    is_other = bool(request.POST.get("all")) and shown != total
    return Question(action, total, shown if is_other else None, form, note)


def _there(action: BulkAction) -> QuerySet[BulkActionOrder]:
    """Of the orders of a draft, those that were there when it was made."""
    return action.orders.filter(outcome=BulkOutcome.WAITING)


def _named(request: SignedInRequest) -> list[int]:
    """The orders that were selected one by one."""
    return [] if request.POST.get("all") else row_ids(request.POST.getlist("id"))


def nothing_done(request: SignedInRequest) -> str:
    """Why an action has no orders."""
    if request.POST.get("all"):
        return _("no order matches any more")
    return _("no order was selected")


def _ask(request: SignedInRequest, question: Question) -> HttpResponse:
    template = "_question" if request.htmx else "question"
    context = {"question": question, "next": back(request, "")}
    return render(request, f"orders/bulk/{template}.html", context)


def _gone(request: SignedInRequest) -> HttpResponse:
    messages.warning(
        request,
        _(
            "This question is no longer open, and nothing was done now. "
            "If it was answered before, the outcome is among the recent actions."
        ),
    )
    if request.htmx:
        return render(request, "orders/bulk/_question_closed.html")
    return redirect(back(request, "orders:list"))
