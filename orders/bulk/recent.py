"""The recent actions on orders: what was done, by whom, and with which outcome."""

from collections.abc import Sequence

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from common.forms.one_time_keys import own_transactions
from common.http import SignedInRequest
from common.lists import pagination
from common.lists.list_page import list_context
from orders.bulk.engine import IS_DRAFT, KEPT, NAMED_BY
from orders.bulk.views import Standing, bulk, standings
from orders.models import BulkAction, BulkActionOrder

SORT = pagination.Sort("number", pagination.ID, descending=True)
"""Newest first, by the primary key: a confirmed draft stands where its question was asked."""


@require_http_methods(["GET", "HEAD", "POST"])
@own_transactions
def actions(request: SignedInRequest) -> HttpResponse:
    """The actions of the last 30 days; a POST begins another one."""
    return bulk(request) if request.method == "POST" else _recent(request)


def _recent(request: SignedInRequest) -> HttpResponse:
    is_mine = request.GET.get("by") != "all"
    rows = BulkAction.objects.filter(asked_at__gt=timezone.now() - KEPT)
    rows = rows.exclude(IS_DRAFT)
    if is_mine:
        rows = rows.filter(by=request.user)
    context = list_context(
        request,
        rows.select_related(*NAMED_BY, "by"),
        counted=rows,
        sort=SORT,
        usual=SORT.text,
        names=["by"],
    )
    shown = standings(context["page"].rows)
    context |= {"standings": shown, "order_of": _only_orders(shown), "mine": is_mine}
    return render(request, "orders/bulk/recent.html", context)


def _only_orders(shown: Sequence[Standing]) -> dict[int, int]:
    """The number of the order of each action that has but one."""
    single = [each.action.pk for each in shown if each.total == 1]
    rows = BulkActionOrder.objects.filter(action__in=single)
    return dict(rows.values_list("action", "order_id"))
