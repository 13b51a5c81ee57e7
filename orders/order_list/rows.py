"""The rows of the order list."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Model
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from common.formats import days, moments
from common.http import SignedInRequest
from orders.domain.labels import fulfilment_label, payment_label
from orders.domain.permissions import CHANGE, EXPORT, SEE_CONTACT_DATA, WORK, may_select
from orders.models import OrderType, Row, Status, Store
from orders.order_list.columns import Column
from orders.order_list.filters import UNFINISHED
from orders.order_list.lookups import Lookups
from orders.order_list.state import state_of_page
from orders.order_list.store_states import COLOURS, StoreState, states_of


class _ById(dict[int, Any]):
    """Known rows by id; one that was created after the lookups were read is queried by itself."""

    def __init__(self, model: type[Model], known: Iterable[Any]) -> None:
        self.model = model
        super().__init__((each.pk, each) for each in known)

    def __missing__(self, pk: int) -> Any:
        found = self[pk] = self.model._default_manager.get(pk=pk)
        return found


class _Labels(dict[str, str]):
    """Labels by stored code, each looked up once."""

    def __init__(self, label: Callable[[str], str]) -> None:
        super().__init__()
        self.label = label

    def __missing__(self, code: str) -> str:
        found = self[code] = self.label(code)
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
    columns: Sequence[Column] | None = None,
    is_swapped: bool = False,
    left: Collection[int] = (),
) -> SafeString:
    """The rows of these orders, with the actions of the user, and these columns or those of the page that
    asks. With ``is_swapped`` each is a template that htmx swaps for the one on the page. ``left`` are those
    that are no longer in the view on the screen."""
    user = request.user
    shown = state_of_page(request).columns if columns is None else columns
    context = {
        "orders": orders,
        "statuses": _ById(Status, known.statuses),
        "types": _ById(OrderType, known.types),
        "stores": _ById(Store, known.stores),
        "people": _ById(get_user_model(), known.users),
        "columns": [column.key for column in shown],
        "is_swapped": is_swapped,
        "left": left,
        "moment": moments(),
        "address": _addresses(),
        "select_label": _select_labels(),
        "day_of": days(),
        "today": timezone.localdate(),
        "unfinished": UNFINISHED,
        "payments": _Labels(payment_label),
        "fulfilments": _Labels(fulfilment_label),
        "states_of": states_of,
        "state_labels": {each.value: str(each.label) for each in StoreState},
        "state_colours": COLOURS,
        "may_work": request.user.has_perm(WORK),
        "may_select": may_select(user),
        "may_change": user.has_perm(CHANGE),
        "may_export": user.has_perm(EXPORT),
        "sees_contact_data": user.has_perm(SEE_CONTACT_DATA),
    }
    return SafeString(render_to_string("orders/_rows.html", context, request))
