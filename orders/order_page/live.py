"""What has happened to an order since its page was shown, and who else has it open."""

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from common.formats import person_name
from common.http import SignedInRequest, int_or_none
from common.prepared import prepared
from orders.models import Order, OrderEvent, OrderPresence

SAID_EVERY = timedelta(seconds=20)
"""How often it is stored that somebody is there."""
THERE_FOR = timedelta(seconds=45)
KEPT = timedelta(days=1)
NOTHING = 204


@require_POST
def order_live(request: SignedInRequest, pk: int) -> HttpResponse:
    """The page asks every ten seconds. ``seen`` is the latest event that it shows, ``state`` what the last
    answer was; nothing is answered while it still is."""
    now = timezone.now()
    seen = int_or_none(request.POST.get("seen")) or 0
    latest = next(iter(_latest(pk, seen, request.user.pk)), 0)
    others = _others(pk, request.user, now)
    state = ".".join(str(each) for each in [latest, *others])
    if state == request.POST.get("state"):
        return HttpResponse(status=NOTHING)
    events = OrderEvent.objects.select_related("by", "order__store")
    return render(
        request,
        "orders/order_page/_order_live.html",
        {
            "order_id": pk,
            "seen": seen,
            "state": state,
            "latest": events.filter(pk=latest).first() if latest else None,
            "others": get_text_list([*others.values()], _("and")),
            "number": len(others),
        },
    )


@prepared
def _latest(order_id: int, seen: int, user_id: int) -> QuerySet[OrderEvent, int]:
    """The id of the latest event after ``seen`` that is not the user's own."""
    events = OrderEvent.objects.filter(order=order_id, pk__gt=seen)
    ids = events.exclude(by=user_id).order_by("-pk").values_list("pk", flat=True)
    return ids[:1]


def _others(pk: int, user: User, now: datetime) -> dict[int, str]:
    """The names of who else has the order open; ``user`` has it open too."""
    there = {each.user_id: each for each in _presences(pk) if each.at > now - THERE_FOR}
    mine = there.pop(user.pk, None)
    if mine is None or mine.at < now - SAID_EVERY:
        if not Order.objects.filter(pk=pk).exists():
            raise Http404
        OrderPresence.objects.bulk_create(
            [OrderPresence(order_id=pk, user=user, at=now)],
            update_conflicts=True,
            update_fields=["at"],
            unique_fields=["order", "user"],
        )
    return {user_id: person_name(each.user) for user_id, each in there.items()}


@prepared
def _presences(order_id: int) -> QuerySet[OrderPresence]:
    """Everyone who has had the order open, for as long as that is kept."""
    rows = OrderPresence.objects.filter(order=order_id)
    return rows.select_related("user").order_by("pk")


def delete_old_presences(now: datetime) -> None:
    OrderPresence.objects.filter(at__lt=now - KEPT).delete()
