"""The Stores pages: how every store does, why an order is not here, unimported orders, and the import
jobs."""

from collections.abc import Callable, Sequence
from datetime import date, datetime

from django.conf import settings
from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, override
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from common.formats import grouped
from common.forms.one_time_keys import own_transactions
from common.http import HtmxRequest, SignedInRequest, back
from common.lists import pagination
from common.lists.list_page import address, list_context
from integrations.imports import lifecycle
from integrations.models import (
    ImportJob,
    ImportStatus,
    StoreConnection,
    UnimportedOrder,
)
from integrations.store_pages import weeks
from integrations.store_pages.overview import (
    StoreCard,
    cards,
    event_sentence,
    outcome_counts,
)
from integrations.sync import polling
from integrations.sync.order_lookup import claim_lookup, explain
from integrations.sync.retry import retry
from orders.models import Store
from orders.order_list.filters import row_ids

NEWEST_FIRST = pagination.Sort("newest", pagination.ID, descending=True)
Act = Callable[..., bool]
ACTS: dict[str, tuple[Act, str | Promise]] = {
    "pause": (
        lifecycle.pause,
        gettext_lazy(
            "The import is paused. It continues where it stopped when someone resumes it."
        ),
    ),
    "resume": (
        lifecycle.resume,
        gettext_lazy("The import continues where it stopped."),
    ),
    "cancel": (
        lifecycle.cancel,
        gettext_lazy("The import is cancelled. Imported orders stay."),
    ),
}


@require_safe
def stores(request: HttpRequest) -> HttpResponse:
    shown = cards(now=timezone.now())
    context = {
        "cards": shown,
        "lines": _lines(shown),
        "number": "",
        "found": [],
        "is_answer": False,
    }
    return render(request, "stores/list.html", context)


@require_safe
def store_cards(request: HttpRequest) -> HttpResponse:
    """Only the part of the page that changes by itself."""
    return render(request, "stores/_cards.html", {"cards": cards(now=timezone.now())})


@require_POST
@own_transactions
def find(request: SignedInRequest) -> HttpResponse:
    """Why is #1042 not here? A POST, because an order that was missed comes in."""
    now, number = timezone.now(), request.POST.get("number", "")
    may_ask = claim_lookup(request.user, now=now)
    context = {
        "number": number,
        "found": explain(number, connection=None, now=now) if may_ask else [],
        "is_answer": True,
        "is_throttled": not may_ask,
    }
    if request.htmx:
        return render(request, "stores/_answers.html", context)
    shown = cards(now=now)
    lists = {"cards": shown, "lines": _lines(shown)}
    return render(request, "stores/list.html", context | lists)


def _lines(shown: Sequence[StoreCard]) -> list[tuple[Store, str, int]]:
    """Each store with the small line of its orders per day, and how many they are."""
    stores = [card.connection.store for card in shown]
    found = weeks.imported_by_day([store.pk for store in stores]) if stores else {}
    return [
        (store, weeks.line_of(found[store.pk]), sum(found[store.pk].values()))
        for store in stores
    ]


@require_POST
def poll(request: HttpRequest, pk: int) -> HttpResponse:
    connection = _connection(pk)
    if polling.poll_now(connection.pk, now=timezone.now()):
        messages.success(
            request,
            _("Polling %(store)s for changes.") % {"store": connection.store.name},
        )
    else:
        messages.warning(request, _cannot_be_read(connection))
    return redirect("stores:list")


@require_POST
def compare(request: HttpRequest, pk: int) -> HttpResponse:
    now, connection = timezone.now(), _connection(pk)
    if connection.may_be_read(now):
        lifecycle.begin_reconcile(connection, by_id=request.user.pk, now=now)
        messages.success(
            request,
            _("Reconciliation of %(store)s has started.")
            % {"store": connection.store.name},
        )
    else:
        messages.warning(request, _cannot_be_read(connection))
    return redirect("stores:list")


@require_POST
def run(request: SignedInRequest, pk: int) -> HttpResponse:
    """Pause, resume or cancel an import job."""
    found = get_object_or_404(ImportJob, pk=pk)
    act, done = ACTS.get(request.POST.get("act", ""), (None, ""))
    if act and act(found, now=timezone.now()):
        _note(request, found, done)
        messages.success(request, str(done))
    else:
        messages.warning(
            request,
            _(
                "Nothing was changed: the import has changed its state meanwhile. Check it again."
            ),
        )
    return _go(request, back(request, reverse("stores:list")))


def _note(request: SignedInRequest, job: ImportJob, done: str | Promise) -> None:
    """In the history of the store's connection in the administration, in the installation's language."""
    with override(settings.LANGUAGE_CODE):
        LogEntry.objects.log_actions(
            request.user.pk,
            StoreConnection.objects.filter(store=job.store_id),
            CHANGE,
            change_message=str(done),
        )


@require_safe
def unimported_orders(request: HttpRequest, pk: int) -> HttpResponse:
    """Orders of a store that are not here, newest entry first."""
    connection = _connection(pk)
    status = _status(request.GET.get("status"))
    rows, day = _entries(connection, status), _day(request.GET.get("day"))
    if day:
        rows = weeks.by_day(rows).filter(shown_on=day)
    counts = outcome_counts(connection.store_id)
    context = list_context(
        request,
        rows.select_related("store"),
        counted=rows,
        sort=NEWEST_FIRST,
        usual="-newest",
        names=["status", "day"],
    )
    tabs = [(each, label, counts[each]) for each, label in ImportStatus.choices]
    retriable = sum(
        counts[each]
        for each in [ImportStatus.HELD, ImportStatus.FAILED]
        if status in {"", each}
    )
    more = {
        "connection": connection,
        "status": status,
        "day": day,
        "tabs": tabs,
        "in_all": sum(counts.values()),
        "retriable": retriable,
    }
    return render(request, "stores/unimported.html", context | more)


@require_POST
def retry_orders(request: HttpRequest, pk: int) -> HttpResponse:
    """Another try for the entries named by ``id``, or with ``all`` for every held or failed one of this
    ``status``; with ``override_rules`` one that a rule skips is imported too."""
    now, connection = timezone.now(), _connection(pk)
    status = _status(request.POST.get("status"))
    entries = _entries(connection, status)
    is_all = "all" in request.POST
    if not is_all:
        entries = entries.filter(pk__in=row_ids(request.POST.getlist("id")))
    override_rules = "override_rules" in request.POST and not is_all
    asked = retry(entries, now=now, override_rules=override_rules)
    _tell_asked(request, connection, asked, now)
    here = reverse("stores:unimported", args=[pk]) + (
        address(request.POST, ["status"]) if status else ""
    )
    return redirect(back(request, here))


@require_safe
def weeks_behind(request: HttpRequest, pk: int) -> HttpResponse:
    """What the store did on each day of the last eight weeks."""
    connection = _connection(pk)
    days = weeks.days_of(connection, now=timezone.now())
    rows = weeks.rows_of(connection, days)
    context = {"connection": connection, "days": days, "rows": rows}
    return render(request, "stores/weeks.html", context)


@require_safe
def history(request: HttpRequest, pk: int) -> HttpResponse:
    """The import jobs of a store, newest first."""
    connection = _connection(pk)
    rows = ImportJob.objects.filter(store=connection.store_id)
    context = list_context(
        request,
        rows.select_related("by"),
        counted=rows,
        sort=NEWEST_FIRST,
        usual="-newest",
    )
    events = connection.store.history.select_related("by")
    answers = {
        "connection": connection,
        "events": [event_sentence(each) for each in events],
    }
    return render(request, "stores/runs.html", context | answers)


def _connection(pk: int) -> StoreConnection:
    return get_object_or_404(StoreConnection.objects.select_related("store"), store=pk)


def _day(text: str | None) -> date | None:
    """Nonsense filters nothing."""
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _status(text: str | None) -> str:
    return text if text in ImportStatus.values else ""


def _entries(connection: StoreConnection, status: str) -> QuerySet[UnimportedOrder]:
    entries = UnimportedOrder.objects.filter(store=connection.store_id)
    return entries.filter(status=status) if status else entries


def _cannot_be_read(connection: StoreConnection) -> str:
    return _("%(store)s cannot be synced right now: see its state for the reason.") % {
        "store": connection.store.name
    }


def _tell_asked(
    request: HttpRequest, connection: StoreConnection, asked: int, now: datetime
) -> None:
    if not asked:
        messages.warning(request, _("None of these orders can be retried."))
        return
    text = ngettext(
        "%(count)s order is tried again.", "%(count)s orders are tried again.", asked
    ) % {"count": grouped(asked)}
    if not connection.may_be_read(now):
        text += " " + _("That happens as soon as the store can be synced.")
    messages.success(request, text)


def _go(request: HtmxRequest, url: str) -> HttpResponse:
    return HttpResponseClientRedirect(url) if request.htmx else redirect(url)
