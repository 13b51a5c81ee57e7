"""The rows of the order list."""

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cached_property, partial
from typing import Any, TypeVar

from django.contrib.auth.models import User
from django.db.models import Model
from django.template.loader import get_template
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext

from common.formats import days, moments
from common.http import Context, SignedInRequest
from common.kinds import label
from common.lists.search import typed_words
from common.memo import Memo
from orders.domain.labels import Labels, fulfilment_label, payment_label
from orders.domain.permissions import CHANGE, EXPORT, SEE_CONTACT_DATA, WORK, may_select
from orders.domain.refresh_claim import is_recent
from orders.models import OrderType, Row, Status, Store, WriteOff
from orders.order_list.filters import UNFINISHED
from orders.order_list.hits import Hit, Hits
from orders.order_list.lookups import Lookups
from orders.order_list.search import terms_of
from orders.order_list.state import ListState, state_of_page
from orders.order_list.store_states import COLOURS, StoreState, states_of

M = TypeVar("M", bound=Model)


class _ById(dict[int, M]):
    """Known rows by id; one that was created after the lookups were read is queried by itself."""

    def __init__(self, model: type[M], known: Iterable[M]) -> None:
        self.model = model
        super().__init__((each.pk, each) for each in known)

    def __missing__(self, pk: int) -> M:
        found = self[pk] = self.model._default_manager.get(pk=pk)
        return found


def _addresses() -> Callable[[int], str]:
    """URLs of order pages by number; Django's ``reverse`` takes longer than a row."""
    before, _zero, after = reverse("orders:detail", args=[0]).rpartition("0")
    return lambda pk: f"{before}{pk}{after}"


def _select_labels() -> Callable[[int], str]:
    """What a row's checkbox is called, by order number; the translation is looked up once."""
    label = gettext("Select order %(number)s")
    return lambda pk: label % {"number": pk}


def render_rows(
    request: SignedInRequest,
    orders: Iterable[Row],
    known: Lookups,
    *,
    state: ListState | None = None,
    is_swapped: bool = False,
    left: Collection[int] = (),
) -> SafeString:
    """The rows of these orders, with the actions of the user, as this list or that of the page that asks has
    them: its columns, and marks of what it searches. With ``is_swapped`` each is a template that htmx swaps
    for the one on the page. ``left`` are those that are no longer in the view on the screen."""
    state = state or state_of_page(request)
    rows = _Rows(request.user, known, [column.key for column in state.columns])
    orders = list(orders)
    known.names.read(each.assignee_id for each in orders if each.assignee_id)
    hits = rows.hits(orders, typed_words(state.url))
    return SafeString(
        "".join(
            rows.draw(each, is_swapped, each.id in left, hits.get(each.id))
            for each in orders
        )
    )


class _Rows:
    """Draws rows for somebody. One that looks as it did for anybody before is not drawn again."""

    def __init__(self, user: User, known: Lookups, columns: list[str]) -> None:
        self.statuses = _ById(Status, known.statuses)
        self.types = _ById(OrderType, known.types)
        self.stores = _ById(Store, known.stores)
        self.names = known.names
        self.rights = {
            "may_work": user.has_perm(WORK),
            "may_select": may_select(user),
            "may_change": user.has_perm(CHANGE),
            "may_export": user.has_perm(EXPORT),
            "sees_contact_data": user.has_perm(SEE_CONTACT_DATA),
        }
        self.columns, self.today = columns, timezone.localdate()
        self.look = (
            *columns,
            *self.rights.values(),
            self.today,
            str(timezone.get_current_timezone()),
            get_language(),
        )

    def hits(self, orders: Sequence[Row], searched: str) -> dict[int, Hit]:
        """Why each is there, by order; empty for a list that is not searched."""
        terms = terms_of(searched)
        if not terms:
            return {}
        contact_data = self.rights["sees_contact_data"]
        return Hits(terms, self.columns, contact_data=contact_data).of(orders)

    def draw(self, order: Row, is_swapped: bool, is_left: bool, hit: Hit | None) -> str:
        # What was updated a moment ago is said for some minutes; and what somebody searches is nobody else's.
        if hit or is_recent(order.refresh__outcome, order.refresh__done_at):
            return self._row(order, is_swapped, is_left, hit)
        key = (order, is_swapped, is_left, self._names(order), self.look)
        return _drawn.get(key, lambda: self._row(order, is_swapped, is_left, None))

    def _names(self, order: Row) -> tuple[object, ...]:
        """All that a row says which is not its own."""
        status = self.statuses[order.status_id]
        store = self.stores[order.store_id] if order.store_id else None
        return (
            *(status.name, status.colour, status.group),
            self.types[order.order_type_id].name,
            *((store.name, store.order_link) if store else ()),
            self.names[order.assignee_id] if order.assignee_id else "",
        )

    @cached_property
    def _row(self) -> Callable[[Row, bool, bool, Hit | None], str]:
        """The template's macro, with what it needs beside an order."""
        # Django knows of no macros: its class of this template is the engine's own.
        template: Any = get_template("orders/order_list/_rows.html")
        macro: Callable[[Row, bool, bool, Hit | None], str] = (
            template.template.make_module(self._context()).row
        )
        return macro

    def _context(self) -> Context:
        return self.rights | {
            "statuses": self.statuses,
            "types": self.types,
            "stores": self.stores,
            "names": self.names,
            "columns": self.columns,
            "moment": moments(),
            "address": _addresses(),
            "select_label": _select_labels(),
            "day_of": days(),
            "today": self.today,
            "unfinished": UNFINISHED,
            "payments": Labels(payment_label),
            "fulfilments": Labels(fulfilment_label),
            "write_offs": Labels(partial(label, WriteOff)),
            "states_of": states_of,
            "state_labels": {each.value: str(each.label) for each in StoreState},
            "state_colours": COLOURS,
        }


_drawn = Memo[str](most=5_000)
"""Rows as they were drawn, some 1,500 bytes each."""
