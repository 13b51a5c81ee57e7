"""The order page's context, and what the user may do there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from common.formats import person_name
from common.http import Context, SignedInRequest
from common.lists.pagination import (
    Column,
    Sort,
    read_cursor,
    read_time,
    rows_behind,
    write_cursor,
)
from common.prepared import prepared
from customers.forms import NewCustomerForm
from inventory.warehouse_choice import offered_warehouses, proposed
from orders.domain.assignees import Choice
from orders.domain.buyer_entries import hidden, shown
from orders.domain.labels import fulfilment_label, payment_label
from orders.domain.permissions import (
    BELOW_ZERO,
    CHANGE,
    DELETE,
    EDIT_PRICES,
    RESOLVE,
    SEE_CONTACT_DATA,
    WORK,
    WRITE_OFF,
)
from orders.domain.seen import line_token, order_token
from orders.domain.status import allowed_transitions, is_allowed_transition
from orders.domain.store_totals import compare
from orders.models import Order, OrderEvent, OrderLine, Status
from orders.order_list.filters import UNFINISHED
from orders.order_list.lookups import Lookups, load_lookups
from orders.order_page.customer_picker import find_customers
from orders.order_page.forms import (
    CommentForm,
    DueForm,
    LineForm,
    NewLineForm,
    NoteForm,
)
from orders.order_page.timeline import (
    Entry,
    entries,
    open_changes,
    open_changes_of_order,
)

MAX_EVENTS = 25
"""Of a page of the timeline."""
FEED_SORT = Sort("", Column("at", read_time), descending=True)
DOUBTFUL = gettext_noop(
    "The store has another product or variant with the same SKU or name, which is matched with this product "
    "too. Check on the product's page whether that is right."
)
AMBIGUOUS = gettext_noop(
    "Several products here answered to what the store sells; the oldest was used. Check on the product's "
    "page whether that is right."
)
ARCHIVED = gettext_noop(
    "The product is archived. The store still sells it, so its orders go on using it."
)


@dataclass(frozen=True, slots=True)
class Rights:
    """What the user may do with this order."""

    work: bool
    """As far as the order's store is concerned (O8)."""
    change: bool
    prices: bool
    write_off: bool
    below_zero: bool
    resolve: bool
    delete: bool
    """As far as permissions go: of an order that was created here."""


@dataclass(frozen=True, slots=True)
class Feed:
    """A page of an order's timeline, newest first."""

    entries: list[Entry]
    earlier: str
    """The cursor of the page before it; empty if there is none."""
    is_latest: bool
    latest_event: int
    """The newest event of the order; what comes after it is said to be new."""


def permissions_on(user: User, order: Order) -> Rights:
    work = order.store_id is None or user.has_perm(WORK)

    def may(permission: str) -> bool:
        return bool(work and user.has_perm(permission))

    return Rights(
        work,
        may(CHANGE),
        may(EDIT_PRICES),
        may(WRITE_OFF),
        may(BELOW_ZERO),
        may(RESOLVE),
        order.store_id is None and user.has_perm(DELETE),
    )


def order_or_404(pk: int) -> Order:
    """The order with everything in the head of its page."""
    found = _order(pk)
    if not found:
        raise Http404
    return found[0]


@prepared
def _order(pk: int) -> QuerySet[Order]:
    return Order.objects.for_page().filter(pk=pk)


def page_context(
    request: SignedInRequest,
    order: Order,
    *,
    editing: str = "",
    failed: Mapping[str, Any] | None = None,
) -> Context:
    """The context of the page and its parts.

    ``editing`` names the part shown as a form ("note", "customer", "line-7"); ``failed`` holds invalid
    forms by the same names, to be shown with what was typed and their errors.
    """
    failed = failed or {}
    known = load_lookups()
    rights = permissions_on(request.user, order)
    lines = [_shown(line, rights, editing, failed) for line in _lines_of(order)]
    _name_bundles(lines)
    return {
        "order": order,
        "oob": False,
        "lines": lines,
        "entries": shown(order.buyer_entries),
        "hidden_entries": hidden(order.buyer_entries),
        "lines_differ": any(line.changes for line in lines),
        "order_changes": open_changes_of_order(order),
        "order_token": order_token(order),
        "figures": compare(order, lines),
        "payment": payment_label(order.payment) or "–",
        "fulfilment": fulfilment_label(order.fulfilment) or "–",
        "rights": rights,
        "may_work": request.user.has_perm(WORK),
        "is_overdue": bool(
            order.due_on
            and order.due_on < timezone.localdate()
            and order.status.group in UNFINISHED
        ),
        "editing": editing,
        "feed": load_feed(request, order),
        "comment_form": failed.get("comment") or CommentForm(),
        **_head(order, rights, known),
        **_details(order, known, failed),
        **_adding(request, lines, rights, failed),
        "who": find_customers("", request.user),
        "new_customer_form": NewCustomerForm(),
        "question": None,
        **failed.get("customer", {}),
    }


def _lines_of(order: Order) -> list[OrderLine]:
    """With the products, and the matches by which they came to them, as far as the page marks them."""
    lines = _lines(order.pk)
    for line in lines:
        line.order = order
    return lines


@prepared
def _lines(order_id: int) -> QuerySet[OrderLine]:
    lines = OrderLine.objects.filter(order=order_id)
    return lines.select_related("product", "match").only(
        *(each.name for each in OrderLine._meta.concrete_fields),
        "product__archived_at",
        "match__product",
        "match__ambiguous",
        "match__doubtful",
    )


def _shown(
    line: OrderLine, rights: Rights, editing: str, failed: Mapping[str, forms.Form]
) -> Any:  # noqa: ANN401  no OrderLine has these
    """The line with what only the template needs: its differences, its token, and its form while edited."""
    name = f"line-{line.pk}"
    row: Any = line
    row.changes, row.token = open_changes(line), line_token(line)
    row.entries, row.hidden_entries = (
        shown(line.buyer_entries),
        hidden(line.buyer_entries),
    )
    row.doubts = _doubts(line)
    row.form = failed.get(name)
    if (
        row.form is None
        and editing == name
        and rights.change
        and line.written_off_at is None
    ):
        row.form = LineForm(line, may_edit_prices=rights.prices)
    return row


def _name_bundles(lines: list[Any]) -> None:
    """The title of each line's bundle; of several with one title, also the how manieth it is."""
    titles = {line.bundle_id: line.bundle for line in lines if line.bundle_id}
    for line in lines:
        twins = [pk for pk, title in titles.items() if title == line.bundle]
        line.bundle_name = line.bundle
        if len(twins) > 1:
            line.bundle_name = f"{line.bundle} ({twins.index(line.bundle_id) + 1})"


def _doubts(line: OrderLine) -> list[tuple[str, str]]:
    """What a person should know of the line's product (P2): a word, and the sentence to it."""
    doubts = []
    match = line.match
    if match and match.product_id == line.product_id:
        if match.doubtful:
            doubts.append((_("Doubtful match"), _(DOUBTFUL)))
        if match.ambiguous:
            doubts.append((_("Ambiguous match"), _(AMBIGUOUS)))
    if line.product and line.product.archived_at:
        doubts.append((_("Archived product"), _(ARCHIVED)))
    return doubts


def load_feed(request: SignedInRequest, order: Order) -> Feed:
    """The page of the order's timeline that ``after`` in the URL names, the latest without it."""
    cursor = read_cursor(request.GET.get("after"), FEED_SORT)
    found = latest = _latest_events(order.pk)
    if cursor:
        events = OrderEvent.objects.filter(order=order).select_related("by")
        found = rows_behind(events, FEED_SORT, cursor, MAX_EVENTS + 1)
    shown = found[:MAX_EVENTS]
    return Feed(
        entries(order, shown, contact_data=request.user.has_perm(SEE_CONTACT_DATA)),
        earlier=write_cursor(shown[-1], FEED_SORT) if len(found) > MAX_EVENTS else "",
        is_latest=cursor is None,
        latest_event=max((event.pk for event in latest), default=0),
    )


@prepared
def _latest_events(order_id: int) -> QuerySet[OrderEvent]:
    events = OrderEvent.objects.filter(order=order_id).select_related("by")
    return events[: MAX_EVENTS + 1]


def _head(order: Order, rights: Rights, known: Lookups) -> Context:
    return {"next_statuses": next_statuses(order, known) if rights.change else []}


def next_statuses(order: Order, known: Lookups) -> list[Status]:
    """The statuses that the order may have next, in the order of their groups."""
    followers = allowed_transitions()
    return [
        each
        for each in known.statuses
        if each.is_active
        and each.pk != order.status_id
        and is_allowed_transition(order.status_id, each.pk, followers)
    ]


def _details(order: Order, known: Lookups, failed: Mapping[str, forms.Form]) -> Context:
    return {
        "people": _people(order, known),
        "types": [
            each
            for each in known.types
            if each.is_active or each.pk == order.order_type_id
        ],
        "due_form": failed.get("due")
        or DueForm(initial={"due_on": order.due_on, "seen": order.due_on}),
        "note_form": failed.get("note")
        or NoteForm(initial={"note": order.note, "seen": order.note}),
    }


def _people(order: Order, known: Lookups) -> list[Choice] | None:
    """Whom the order may be assigned to, and who has it, also where they have left; None for too many to be
    listed."""
    if known.people is None:
        return None
    present = order.assignee
    if not present or present.pk in {each.pk for each in known.people}:
        return [*known.people]
    return [*known.people, Choice(present.pk, person_name(present))]


def _adding(
    request: SignedInRequest,
    lines: list[Any],
    rights: Rights,
    failed: Mapping[str, Any],
) -> Context:
    open_lines = [line for line in lines if line.can_be_written_off]
    warehouses = offered_warehouses() if rights.write_off else []
    return {
        "new_line_form": failed.get("new_line") or NewLineForm(auto_id="new-line-%s"),
        "found": failed.get("found"),
        "open_lines": open_lines,
        "warehouses": warehouses,
        "warehouse": proposed(warehouses, request.session),
        "shortage": failed.get("shortage"),
    }
