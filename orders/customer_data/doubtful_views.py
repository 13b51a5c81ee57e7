"""Customers to look through: those whose orders came together through a doubtful phone number."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from common.http import SignedInRequest, int_or_none
from customers.models import DoubtfulMatch
from orders.customer_data.doubtful_matches import (
    look_through,
    separate,
    suspects,
)
from orders.domain.editing import ActionRefusedError

PAGE = 20


@require_safe
def doubtful_matches(request: SignedInRequest) -> HttpResponse:
    after = int_or_none(request.GET.get("after")) or 0
    found = suspects(after, PAGE + 1)
    context = {
        "suspects": found[:PAGE],
        "number": DoubtfulMatch.objects.waiting().count_customers(),
        "after": found[PAGE - 1].customer.pk if len(found) > PAGE else None,
        "is_first": not after,
    }
    return render(request, "customers/doubtful.html", context)


@require_POST
def decide_match(request: SignedInRequest, pk: int) -> HttpResponse:
    """``separate`` is the key of an account that becomes a customer of its own; without it this customer was
    looked through."""
    by, now = request.user.pk, timezone.now()
    if key := request.POST.get("separate", "").replace("\x00", ""):
        try:
            back = separate(pk, key, by_id=by, now=now)
            text = _(
                "Customer %(number)s is one of its own now. The store is asked for its name and contact data."
            )
            messages.success(request, text % {"number": back.pk})
        except ActionRefusedError as refused:
            messages.error(request, _(str(refused)))
    elif look_through(pk, by_id=by, now=now):
        messages.success(request, _("Looked through: nothing was changed."))
    return redirect("people:doubtful")
