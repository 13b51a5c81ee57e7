"""Statuses and assignees: one outcome per order, by the thousand, and never by the synchronisation."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orders.domain.status import Outcome, assign, change_status, is_allowed_transition
from orders.models import Order, OrderEvent, Status
from tests.support.incoming import order
from tests.support.orders import events_of
from tests.support.times import DAY, NOW

pytestmark = pytest.mark.django_db


def status(name: str) -> Status:
    return Status.objects.get(name=name)


def test_status_changes_and_the_feed_says_who_and_what(made_here, kim):
    one = made_here()
    assert change_status([one.pk], status("Ready"), by=kim, now=NOW) == {
        one.pk: Outcome.CHANGED
    }
    one.refresh_from_db()
    assert one.status.name == "Ready"
    assert events_of(one) == [("status", "", "", "New", "Ready")]
    assert (one.events.get().by, one.events.get().at) == (kim, NOW)


def test_every_order_has_its_outcome(made_here, bring, rita):
    new, ready, closed = status("New"), status("Ready"), status("Closed")
    closed.followers.add(new)
    [imported] = bring(order(1))
    here, same, over = made_here(), made_here(status=ready), made_here(status=closed)
    outcomes = change_status(
        [here.pk, same.pk, over.pk, imported.pk, 999_999], ready, by=rita, now=NOW
    )
    assert outcomes == {
        here.pk: Outcome.CHANGED,
        same.pk: Outcome.SAME,
        over.pk: Outcome.NOT_ALLOWED,
        imported.pk: Outcome.NOT_PERMITTED,
    }
    assert dict(Order.objects.values_list("pk", "status__name")) == {
        here.pk: "Ready",
        same.pk: "Ready",
        over.pk: "Closed",
        imported.pk: "New",
    }
    assert list(
        OrderEvent.objects.exclude(kind="imported").values_list("order_id", flat=True)
    ) == [here.pk]


@pytest.mark.parametrize(
    ("followers", "expected"),
    [
        ({}, True),
        ({1: frozenset({2})}, True),
        ({1: frozenset({3})}, False),
        ({2: frozenset()}, True),
    ],
)
def test_a_status_without_named_followers_may_be_followed_by_any(followers, expected):
    assert is_allowed_transition(1, 2, followers) is expected


def test_queries_do_not_grow_with_the_orders(made_here, kim):
    orders = [made_here().pk for _ in range(40)]
    kim.has_perm("orders.change_order")

    def count(ids, name):
        with CaptureQueriesContext(connection) as queries:
            assert set(change_status(ids, status(name), by=kim, now=NOW).values()) == {
                Outcome.CHANGED
            }
        return len(queries)

    assert count(orders[:2], "Ready") == count(orders, "Closed")


def test_assignee_changes_and_goes(made_here, kim, sam):
    one, two = made_here(), made_here(assignee=sam)
    assert assign([one.pk, two.pk], sam, by=kim, now=NOW) == {
        one.pk: Outcome.CHANGED,
        two.pk: Outcome.SAME,
    }
    assert assign([one.pk], None, by=kim, now=NOW) == {one.pk: Outcome.CHANGED}
    one.refresh_from_db()
    assert one.assignee is None
    assert events_of(one) == [
        ("assigned", "", "", "", "Sam"),
        ("assigned", "", "", "Sam", ""),
    ]


def test_imported_order_is_not_assigned_without_the_permission(bring, rita):
    [one] = bring(order(1))
    assert assign([one.pk], rita, by=rita, now=NOW) == {one.pk: Outcome.NOT_PERMITTED}
    assert Order.objects.get().assignee is None
    assert [kind for kind, *_ in events_of(one)] == ["imported"]


def test_synchronisation_leaves_status_assignee_note_and_due_date_alone(bring, kim):
    [one] = bring(order(1))
    change_status([one.pk], status("Ready"), by=kim, now=NOW)
    assign([one.pk], kim, by=kim, now=NOW)
    Order.objects.update(note="Ours", due_on=DAY.date())
    bring(
        order(
            1, payment="refunded", note="Theirs", updated_at=DAY + timedelta(hours=2)
        ),
        fetched_at=NOW + timedelta(hours=2),
    )
    one.refresh_from_db()
    assert (one.status.name, one.assignee, one.note, one.due_on, one.payment) == (
        "Ready",
        kim,
        "Ours",
        DAY.date(),
        "refunded",
    )
