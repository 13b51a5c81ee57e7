"""*More actions* on a selection: starting an action, its progress, its outcome per order, and its undoing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import urlsplit

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from common.formats import grouped, person_name
from common.forms.day_field import Day
from common.forms.one_time_keys import own_transactions
from common.http import MAX_UNIX_TIME, Context, SignedInRequest, back, int_or_none
from common.kinds import counted, kind_label
from inventory.messages import missing
from inventory.warehouse_choice import (
    WarehouseForm,
    offered_warehouses,
    proposed,
    remember,
)
from orders.bulk.asking import begin, nothing_done
from orders.bulk.engine import (
    IS_DRAFT,
    NAMED_BY,
    NotUndoableError,
    ask_undo,
    continue_action,
    may_undo,
    outcome_counts,
    recent_actions,
    running_changes,
)
from orders.domain.assignees import assignable
from orders.domain.labels import due_label
from orders.domain.permissions import CHANGE, require
from orders.domain.undo import action_tags
from orders.models import (
    AT_ONCE,
    DONE,
    BulkAction,
    BulkActionOrder,
    BulkKind,
    BulkOutcome,
    Order,
    Status,
)
from orders.order_list.filters import row_ids

SHOWN_FOR = timedelta(minutes=2)
"""How long a finished action is shown above the list."""
ROWS = 100
CHANGES = (BulkKind.STATUS, BulkKind.ASSIGN)


def bulk(request: SignedInRequest) -> HttpResponse:
    """Set a status or an assignee on the selected orders: started at once, finished in the background if
    they are many."""
    require(request.user, CHANGE)
    wanted = {} if "action" in request.POST else _wanted(request)
    if not wanted and "action" not in request.POST:
        messages.warning(
            request, _("This status or person no longer exists. Reload the page.")
        )
        return _answer(request, timezone.now())
    begun = begin(request, CHANGES, wanted)
    return (
        begun if isinstance(begun, HttpResponse) else _work_and_answer(request, begun)
    )


@require_POST
@own_transactions
def write_off(request: SignedInRequest) -> HttpResponse:
    """Write off what is left of the selected orders, from the warehouse that is chosen where it asks."""
    warehouse = proposed(offered_warehouses(), request.session)
    sent = request.POST if "action" in request.POST else None
    form = WarehouseForm(sent, initial={"warehouse": warehouse}, auto_id="question-%s")
    wanted = {"kind": BulkKind.WRITE_OFF, "warehouse": warehouse}
    begun = begin(request, [BulkKind.WRITE_OFF], wanted, form)
    if isinstance(begun, HttpResponse):
        return begun
    if begun.warehouse:
        remember(begun.warehouse, request.session)
    return _work_and_answer(request, begun)


class DayForm(forms.Form):
    """A due date that is none of the usual ones."""

    due_on = Day(label=gettext_lazy("Due date"))


@require_POST
@own_transactions
def set_due(request: SignedInRequest) -> HttpResponse:
    """Set the due date of the selected orders: ``due_on`` is the day, ``none``, or ``other`` for one that is
    chosen where it asks."""
    day, is_answer = request.POST.get("due_on", ""), "action" in request.POST
    form = None
    if day == "other" or (is_answer and "due_on" in request.POST):
        form = DayForm(request.POST if is_answer else None, auto_id="question-%s")
    wanted: Context = {"kind": BulkKind.DUE}
    if form is None and not is_answer and day != "none":
        try:
            wanted["due_on"] = Day().clean(day)
        except ValidationError:
            messages.warning(
                request, _("This is no day that can be set. Reload the page.")
            )
            return _answer(request, timezone.now())
    begun = begin(request, [BulkKind.DUE], wanted, form)
    return (
        begun if isinstance(begun, HttpResponse) else _work_and_answer(request, begun)
    )


@require_POST
@own_transactions
def undo(request: SignedInRequest, pk: int) -> HttpResponse:
    """Undo an action: what nobody has changed since is set back."""
    try:
        action = ask_undo(pk, by=request.user, now=timezone.now())
    except BulkAction.DoesNotExist:
        raise Http404 from None
    except NotUndoableError as refused:
        messages.warning(request, _(str(refused)))
        return _answer(request, timezone.now())
    return _work_and_answer(request, action)


def _work_and_answer(request: SignedInRequest, action: BulkAction) -> HttpResponse:
    """Work on the action for as long as a request may, and say how far it is."""
    now = action.asked_at
    continue_action(action.pk, clock=timezone.now, until=timezone.now() + AT_ONCE)
    (standing,) = standings([action])
    done = standing.changed + standing.counts[BulkOutcome.UNDONE]
    level = messages.SUCCESS if done else messages.WARNING
    begun = standing.changed or standing.waiting
    undoable = bool(begun) and may_undo(action, by=request.user, now=now)
    tags = action_tags(action, undoable=undoable)
    sentence = standing.sentence(nothing=nothing_done(request))
    messages.add_message(request, level, sentence, extra_tags=tags)
    return _answer(request, now)


def _answer(request: SignedInRequest, since: datetime) -> HttpResponse:
    if not request.htmx:
        return redirect(back(request, "orders:list"))
    # An order's page offers an undo too, and has no place for the progress.
    page = urlsplit(request.htmx.current_url or "").path
    is_list = page in {"", reverse("orders:list")}
    context = progress_context(request, since) | {"is_list": is_list}
    answer = render(request, "orders/bulk/_answer.html", context)
    # The selection is done with, and the rows have changed.
    trigger_client_event(answer, "acted")
    return trigger_client_event(answer, "reload", after="settle")


def _wanted(request: SignedInRequest) -> Context:
    """The arguments of ``ask`` for the posted action; empty if the status or user does not exist."""
    status, assignee = request.POST.get("status", ""), request.POST.get("assignee", "")
    if status:
        found = Status.objects.filter(is_active=True, pk__in=row_ids([status])).first()
        return {"kind": BulkKind.STATUS, "status": found} if found else {}
    person = assignable().filter(pk__in=row_ids([assignee])).first()
    return (
        {"kind": BulkKind.ASSIGN, "assignee": person}
        if person or assignee == "none"
        else {}
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """How far an action is: the number of orders per outcome, in figures and in words."""

    action: BulkAction
    counts: Counter[str]

    @property
    def title(self) -> str:
        if self.action.undoes:
            return _("Undone: %(action)s") % {"action": _title(self.action.undoes)}
        return _title(self.action)

    @property
    def total(self) -> int:
        return self.counts.total()

    @property
    def waiting(self) -> int:
        return self.counts[BulkOutcome.WAITING]

    @property
    def done(self) -> int:
        return self.total - self.waiting

    @property
    def changed(self) -> int:
        return sum(self.counts[outcome] for outcome in DONE)

    @property
    def outcomes(self) -> list[tuple[str, str, int]]:
        """Outcome, its label and the number of orders, without those that wait."""
        ended = Counter(self.counts)
        del ended[BulkOutcome.WAITING]
        return counted(BulkOutcome, ended)

    def sentence(self, *, nothing: str) -> str:
        """``nothing`` says why it has no orders, where it has none."""
        parts = [
            f"{grouped(number)} {label}" for _outcome, label, number in self.outcomes
        ]
        if self.waiting:
            waiting = grouped(self.waiting)
            parts.append(_("%(count)s follow in the background") % {"count": waiting})
        outcome = "; ".join(parts) or nothing
        return f"{self.title}: {outcome}."


def _title(action: BulkAction) -> str:
    if action.kind == BulkKind.STATUS:
        return _("Status “%(status)s”") % {"status": action.status}
    if action.kind == BulkKind.TYPE:
        return _("Type “%(type)s”") % {"type": action.order_type}
    if action.kind == BulkKind.ASSIGN:
        return _("Assigned to %(name)s") % {
            "name": person_name(action.assignee) or _("nobody")
        }
    if action.kind == BulkKind.DUE:
        return due_label(action.due_on)
    if action.kind == BulkKind.WRITE_OFF and action.warehouse:
        return _("Write-off from %(warehouse)s") % {"warehouse": action.warehouse}
    return kind_label(action)


def standings(actions: Sequence[BulkAction]) -> list[Standing]:
    counts = outcome_counts(actions)
    return [Standing(action, counts[action.pk]) for action in actions]


@require_safe
def bulk_progress(request: SignedInRequest) -> HttpResponse:
    """The progress of the user's own actions; when the last one has ended the list reloads its rows."""
    since = _moment(request.GET.get("since", ""))
    context = progress_context(request, since)
    answer = render(request, "orders/bulk/_progress.html", context)
    if not context["running"]:
        trigger_client_event(answer, "reload", after="settle")
    return answer


def progress_context(request: SignedInRequest, since: datetime) -> Context:
    """For _bulk_progress.html: the user's own changes that are running, or ended at or after ``since``.
    Updates have a strip of their own (orders.bulk.progress), and short actions were reported in their
    answer already."""
    changes = recent_actions(request.user.pk, since=since).exclude(
        kind=BulkKind.REFRESH
    )
    shown = standings([each for each in changes if each.is_long])
    return {
        "standings": shown,
        "running": any(each.action.done_at is None for each in shown),
        "since": int(since.timestamp()),
    }


def running_actions(request: SignedInRequest) -> Context:
    """The progress of the user's running actions, for the list's template: lists do not know of actions."""
    if not running_changes(request.user.pk):
        return {"running": False}
    return progress_context(request, timezone.now())


@require_safe
def bulk_action(request: SignedInRequest, pk: int) -> HttpResponse:
    """The outcome per order of an action, for everyone who may see orders."""
    known = BulkAction.objects.select_related(*NAMED_BY, "by", "undo__by")
    action = get_object_or_404(known.exclude(IS_DRAFT), pk=pk)
    outcome = request.GET.get("outcome", "")
    rows = action.orders.filter(
        order_id__gt=next(iter(row_ids([request.GET.get("after", "")])), 0)
    ).order_by("order_id")
    (standing,) = standings([action])
    if outcome and outcome in {*BulkOutcome.values, *standing.counts}:
        rows = rows.filter(outcome=outcome)
    found = list(rows[: ROWS + 1])
    orders = (
        Order.objects.select_related("customer")
        .only("customer_name", "customer__email")
        .in_bulk([row.order_id for row in found])
    )
    context = {
        "standing": standing,
        "outcome": outcome,
        "rows": [
            (row, orders.get(row.order_id), _shortages(row)) for row in found[:ROWS]
        ],
        "after": found[ROWS - 1].order_id if len(found) > ROWS else None,
        "undo": getattr(action, "undo", None),
        "may_undo": standing.changed
        and may_undo(action, by=request.user, now=timezone.now()),
    }
    return render(request, "orders/bulk/action.html", context)


def _shortages(row: BulkActionOrder) -> list[str]:
    """What there was not enough of, product by product."""
    return [
        missing(product, Decimal(wanted), Decimal(there))
        for product, wanted, there in row.shortages or ()
    ]


def _moment(text: str) -> datetime:
    """The Unix time ``text``; SHOWN_FOR ago if it is invalid or lies further back."""
    earliest = timezone.now() - SHOWN_FOR
    seconds = int_or_none(text, most=MAX_UNIX_TIME) or 0
    return max(datetime.fromtimestamp(seconds, UTC), earliest)
