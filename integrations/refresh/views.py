"""*Update order* as the browser sees it: the click, its answer in words, and how it gets on."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from common.formats import grouped, minutes
from common.forms.one_time_keys import own_transactions
from common.http import MAX_UNIX_TIME, SignedInRequest, back, int_or_none
from integrations.refresh.request import again_between, continue_action
from orders.bulk.asking import begin, nothing_done
from orders.bulk.engine import outcome_counts
from orders.bulk.progress import progress_of
from orders.domain.permissions import WORK
from orders.domain.undo import action_tags
from orders.models import (
    READ_FROM_STORE,
    BulkAction,
    BulkKind,
    BulkOutcome,
    Order,
    RefreshOutcome,
)
from orders.order_list.filters import row_ids
from orders.order_list.lookups import load_lookups
from orders.order_list.rows import render_rows

MAX_SHOWN = 100
"""As many rows as a page of the list has."""
SLOW_AFTER_SECONDS = 120
"""Seconds after which the list asks less often."""


@require_POST
@own_transactions
def refresh(request: SignedInRequest) -> HttpResponse:
    """Update orders by hand: those named by ``id``, or with ``all`` every order that ``query`` matches now,
    however many."""
    action = begin(request, [BulkKind.REFRESH], {"kind": BulkKind.REFRESH})
    if isinstance(action, HttpResponse):
        return action
    now = action.asked_at
    continue_action(action, clock=timezone.now)
    counts = outcome_counts([action])[action.pk]
    messages.add_message(
        request,
        messages.SUCCESS if counts[BulkOutcome.ACCEPTED] else messages.WARNING,
        " ".join(sentences(action, counts, now))
        or f"{capfirst(nothing_done(request))}.",
        extra_tags=action_tags(action, undoable=False),
    )
    if request.htmx:
        shown = action.orders.filter(
            outcome=BulkOutcome.ACCEPTED,
            order_id__in=row_ids(request.POST.getlist("id"))[:MAX_SHOWN],
        )
        return _answer(request, list(shown.values_list("order_id", flat=True)), now)
    return redirect(back(request, "orders:list"))


@require_safe
def refresh_progress(request: SignedInRequest) -> HttpResponse:
    """How updates get on: the user's own since ``since``, and the rows of ``pending`` that have ended
    meanwhile."""
    now = timezone.now()
    since = _moment(request.GET.get("since", ""), now)
    asked = row_ids(request.GET.getlist("pending"))[:MAX_SHOWN]
    ended = (
        Order.objects.for_list()
        .filter(pk__in=asked)
        .exclude(refresh__outcome=RefreshOutcome.PENDING)
    )
    if request.GET.get("page") == "order":
        return _order_progress(request, asked, ended=ended.exists())
    rows = list(ended)
    progress = progress_of(request.user.pk, since=since)
    running = progress.pending or len(rows) < len(asked)
    slow = (now - since).total_seconds() > SLOW_AFTER_SECONDS
    context = {
        "progress": progress,
        "pending": running,
        "poll_seconds": 10 if slow else 2,
        "since": int(since.timestamp()),
        "rows": render_rows(request, rows, load_lookups(), is_swapped=True),
        "is_answer": False,
    }
    return render(request, "orders/refresh/_list.html", context)


def _answer(
    request: SignedInRequest, accepted: Sequence[int], now: datetime
) -> HttpResponse:
    """The message, and what was accepted as being updated: rows of the list or the order page's fields."""
    if request.POST.get("page") == "order":
        order = (
            Order.objects.for_page()
            .filter(pk__in=row_ids(request.POST.getlist("id")))
            .first()
        )
        shown = {"order": order, "may_work": True, "ended": False, "is_answer": True}
        return render(request, "orders/refresh/_order.html", shown)
    rows = list(Order.objects.for_list().filter(pk__in=accepted))
    context = {
        "progress": progress_of(request.user.pk, since=now),
        "pending": True,
        "poll_seconds": 2,
        "since": int(now.timestamp()),
        "rows": render_rows(request, rows, load_lookups(), is_swapped=True),
        "is_answer": True,
    }
    answer = render(request, "orders/refresh/_list.html", context)
    # The selection is done with.
    return trigger_client_event(answer, "acted")


def _order_progress(
    request: SignedInRequest, asked: Sequence[int], *, ended: bool
) -> HttpResponse:
    order = Order.objects.for_page().filter(pk__in=asked).first()
    context = {
        "order": order,
        "may_work": request.user.has_perm(WORK),
        "ended": ended,
        "is_answer": False,
    }
    return render(request, "orders/refresh/_order.html", context)


def sentences(action: BulkAction, counts: Counter[str], now: datetime) -> list[str]:
    """Every outcome with its count, in words (O6)."""
    said = []
    if number := sum(counts[outcome] for outcome in READ_FROM_STORE):
        text = ngettext(
            "%(count)s order is being updated.",
            "%(count)s orders are being updated.",
            number,
        )
        said.append(text % {"count": grouped(number)})
    if number := counts[BulkOutcome.TOO_SOON]:
        said.append(_too_soon(number, again_between(action) or (now, now), now))
    if number := counts[BulkOutcome.NOT_FROM_STORE]:
        text = ngettext(
            "%(count)s order is not from a store.",
            "%(count)s orders are not from a store.",
            number,
        )
        said.append(text % {"count": grouped(number)})
    if number := counts[BulkOutcome.RESTING]:
        text = ngettext(
            "%(count)s order was left as it is: its store is paused or needs attention.",
            "%(count)s orders were left as they are: their store is paused or needs attention.",
            number,
        )
        said.append(text % {"count": grouped(number)})
    if number := counts[BulkOutcome.DISCONNECTED]:
        text = ngettext(
            "%(count)s order was left as it is: its store is disconnected.",
            "%(count)s orders were left as they are: their store is disconnected.",
            number,
        )
        said.append(text % {"count": grouped(number)})
    if number := counts[BulkOutcome.GONE]:
        said.append(
            ngettext(
                "%(count)s order no longer exists.",
                "%(count)s orders no longer exist.",
                number,
            )
            % {"count": grouped(number)}
        )
    if number := counts[BulkOutcome.WAITING]:
        text = ngettext(
            "%(count)s order follows in the background.",
            "%(count)s orders follow in the background.",
            number,
        )
        said.append(text % {"count": grouped(number)})
    return said


def _too_soon(number: int, between: tuple[datetime, datetime], now: datetime) -> str:
    first, last = (minutes(max(1, round((at - now).total_seconds()))) for at in between)
    text = ngettext(
        "%(count)s order was updated less than 10 minutes ago (possible again in %(when)s).",
        "%(count)s orders were updated less than 10 minutes ago (possible again in %(when)s).",
        number,
    )
    return text % {
        "count": grouped(number),
        "when": first if first == last else f"{first}–{last}",
    }


def _moment(text: str, now: datetime) -> datetime:
    """The Unix time ``text``; ``now`` if it is none, or lies more than a day back."""
    seconds = int_or_none(text, most=MAX_UNIX_TIME) or 0
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment if abs((now - moment).total_seconds()) < 86_400 else now
