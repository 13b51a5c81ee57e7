"""*Update order* as the browser sees it: the click, its answer in words, and how it gets on."""

from collections.abc import Sequence
from datetime import UTC, datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from integrations.refreshing import RefreshAnswer, request_refresh
from lists.returning import back
from orders.choices import may_work
from orders.filters import MOST_AT_ONCE, row_ids, selected
from orders.models import Order, RefreshOutcome
from orders.progress import progress_of
from orders.rows import rendered
from orders.templatetags.order_cells import grouped, minutes

MOST_SHOWN = 100
"""As many rows as a page of the list has."""
PATIENCE = 120
"""Seconds after which the list asks less often."""


@require_POST
def refresh(request: HttpRequest) -> HttpResponse:
    """Update orders by hand: those named by ``id``, or with ``all`` every order that ``query`` matches now."""
    now = timezone.now()
    shown = row_ids(request.POST.getlist("id"))
    asked = list(selected(request).values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
    answer = RefreshAnswer()
    if len(asked) > MOST_AT_ONCE:
        messages.warning(
            request, _("At most %(most)s orders can be updated at once. Filter for fewer.") % {"most": grouped(MOST_AT_ONCE)}
        )
    else:
        answer = request_refresh(asked, by=request.user.pk, now=now)
        (messages.success if answer.accepted else messages.warning)(request, " ".join(sentences(answer, now)))
    if request.headers.get("HX-Request"):
        return _answer(request, [pk for pk in shown if pk in answer.accepted], now)
    return redirect(back(request, "orders:list"))


@require_GET
def refresh_progress(request: HttpRequest) -> HttpResponse:
    """How updates get on: the user's own since ``since``, and the rows of ``pending`` that have ended meanwhile."""
    now = timezone.now()
    since = _moment(request.GET.get("since", ""), now)
    asked = row_ids(request.GET.getlist("pending"))[:MOST_SHOWN]
    ended = Order.objects.for_list().with_names().filter(pk__in=asked).exclude(refresh__outcome=RefreshOutcome.PENDING)
    if request.GET.get("page") == "order":
        return _order_progress(request, asked, ended=ended.exists())
    rows = list(ended)
    progress = progress_of(request.user.pk, since=since)
    running = progress.pending or len(rows) < len(asked)
    slow = (now - since).total_seconds() > PATIENCE
    context = {"progress": progress, "pending": running, "poll_seconds": 10 if slow else 2, "since": int(since.timestamp())}
    return render(request, "orders/_refreshing.html", context | {"rows": rendered(request, rows, is_swapped=True)})


def _answer(request: HttpRequest, accepted: Sequence[int], now: datetime) -> HttpResponse:
    """The message, and what was accepted as being updated: rows of the list or the order page's fields."""
    if request.POST.get("page") == "order":
        order = Order.objects.for_page().filter(pk__in=row_ids(request.POST.getlist("id"))).first()
        return render(request, "orders/_refreshing_order.html", {"order": order, "may_work": True, "is_answer": True})
    rows = list(Order.objects.for_list().with_names().filter(pk__in=accepted[:MOST_SHOWN]))
    context = {"progress": progress_of(request.user.pk, since=now), "pending": True, "since": int(now.timestamp())}
    context |= {"rows": rendered(request, rows, is_swapped=True), "is_answer": True}
    return render(request, "orders/_refreshing.html", context)


def _order_progress(request: HttpRequest, asked: Sequence[int], *, ended: bool) -> HttpResponse:
    order = Order.objects.for_page().filter(pk__in=asked).first()
    context = {"order": order, "may_work": may_work(request.user), "ended": ended}
    return render(request, "orders/_refreshing_order.html", context)


def sentences(answer: RefreshAnswer, now: datetime) -> list[str]:
    """Every outcome with its count, in words (O6)."""
    number = len(answer.accepted)
    said = []
    if number:
        said.append(
            ngettext("%(count)s order is being updated.", "%(count)s orders are being updated.", number)
            % {"count": grouped(number)}
        )
    if answer.again_at:
        said.append(_too_soon(list(answer.again_at.values()), now))
    if number := len(answer.not_from_store):
        said.append(
            ngettext("%(count)s order is not from a store.", "%(count)s orders are not from a store.", number)
            % {"count": grouped(number)}
        )
    if number := len(answer.store_resting):
        text = ngettext(
            "%(count)s order was left as it is: its store is paused or needs attention.",
            "%(count)s orders were left as they are: their store is paused or needs attention.",
            number,
        )
        said.append(text % {"count": grouped(number)})
    return said or [_("No order was selected.")]


def _too_soon(again_at: Sequence[datetime], now: datetime) -> str:
    waits = sorted({max(1, round((at - now).total_seconds())) for at in again_at})
    when = minutes(waits[0]) if len(waits) == 1 else f"{minutes(waits[0])}–{minutes(waits[-1])}"
    text = ngettext(
        "%(count)s order was updated less than 10 minutes ago (possible again in %(when)s).",
        "%(count)s orders were updated less than 10 minutes ago (possible again in %(when)s).",
        len(again_at),
    )
    return text % {"count": grouped(len(again_at)), "when": when}


def _moment(text: str, now: datetime) -> datetime:
    """The Unix time ``text``; ``now`` if it is none, or lies more than a day back."""
    seconds = int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment if abs((now - moment).total_seconds()) < 86_400 else now
