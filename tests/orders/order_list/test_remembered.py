"""What is not made again for every page: rows that look as they did, and numbers that tabs ask for."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from orders.domain.deletion import deletion_token
from orders.domain.events import NewEvent, record
from orders.models import Order, Status
from orders.order_list import counts, rows
from tests.orders.order_list.test_badges import counted
from tests.support.incoming import order
from tests.support.order_list import list_page
from tests.support.users import signed_in

BADGES = reverse("orders:badges")


def queries_of_badges(client) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(BADGES).status_code == 200
    return len(captured)


def mark(found: Order, by, at) -> None:
    """Needs attention from now on, and its timeline says so."""
    Order.objects.filter(pk=found.pk).update(needs_attention=True)
    record([NewEvent(found.pk, "attention", at, by_id=by.pk)])


@pytest.fixture
def drawn(monkeypatch):
    """How often a row was drawn."""
    found = []
    memo = rows._drawn
    monkeypatch.setattr(
        memo,
        "get",
        lambda key, make, get=memo.get: get(
            key, lambda: (found.append(key), make())[1]
        ),
    )
    memo._kept.clear()
    return found


def test_row_that_looks_as_before_is_not_drawn_again(ann, sam, bob, bring, drawn):
    one, _two = bring(order(1), order(2))
    first = list_page(signed_in(ann))
    assert len(drawn) == 2
    assert list_page(signed_in(sam)).count("<tr id=") == first.count("<tr id=") == 2
    assert len(drawn) == 2
    Status.objects.filter(pk=one.status_id).update(name="Fresh")
    assert "Fresh" in list_page(signed_in(ann))
    assert len(drawn) == 4
    seen = list_page(signed_in(bob))
    assert "data-menu" not in seen
    assert "tel:" not in seen
    assert "data-menu" in list_page(signed_in(ann))
    german = list_page(signed_in(ann, "de"))
    assert "auswählen" in german
    assert len(drawn) == 8


def test_number_is_counted_once_for_all_while_no_order_changes(ann, sam, bring):
    (one,) = bring(order(1))
    first, other = signed_in(ann), signed_in(sam)
    assert counted(first)["attention"] == (0, False)
    usual = queries_of_badges(first)
    Order.objects.filter(pk=one.pk).update(needs_attention=True)  # as if nobody had
    assert counted(other)["attention"] == (0, False)
    counts.forget()
    assert queries_of_badges(first) > usual
    assert counted(other)["attention"] == (1, False)


def test_change_of_others_is_counted_within_seconds(client, sam, bring, monkeypatch):
    (one,) = bring(order(1))
    assert counted(client)["attention"] == (0, False)
    mark(one, by=sam, at=timezone.now())
    assert counted(client)["attention"] == (0, False)
    monkeypatch.setattr(counts, "CHANGED", 0.0)
    assert counted(client)["attention"] == (1, False)


def test_own_change_is_counted_at_once(client, ann, bring):
    (one,) = bring(order(1))
    assert counted(client)["attention"] == (0, False)
    mark(one, by=ann, at=timezone.now())
    assert counted(client)["attention"] == (1, False)


def test_what_somebody_did_long_ago_is_remembered_as_anything(
    client, ann, bring, monkeypatch
):
    (one,) = bring(order(1))
    mark(one, by=ann, at=timezone.now() - timedelta(minutes=1))
    assert counted(client)["attention"] == (1, False)
    Order.objects.update(needs_attention=False)
    assert counted(client)["attention"] == (1, False)
    monkeypatch.setattr(counts, "UNCHANGED", 0.0)
    assert counted(client)["attention"] == (0, False)


def test_own_orders_are_each_persons_own(ann, sam, bring):
    (one,) = bring(order(1))
    Order.objects.filter(pk=one.pk).update(assignee=sam)
    assert counted(signed_in(ann))["mine"] == (0, False)
    assert counted(signed_in(sam))["mine"] == (1, False)
    page = signed_in(sam).get(BADGES).content.decode()
    assert 'id="count-assignee-me" class="number" hx-swap-oob="true">1<' in page
    page = signed_in(ann).get(BADGES).content.decode()
    assert f'id="count-assignee-{sam.pk}" class="number" hx-swap-oob="true">1<' in page
    assert 'id="count-assignee-me" class="number" hx-swap-oob="true">0<' in page


def test_deleted_order_is_counted_no_more(kim, kim_client, made_here):
    kim.user_permissions.add(
        *kim.user_permissions.model.objects.filter(codename="delete_made_here")
    )
    gone = made_here(needs_attention=True)
    assert counted(kim_client)["attention"] == (1, False)
    answer = kim_client.post(
        reverse("orders:delete", args=[gone.pk]), {"seen": deletion_token(gone, [])}
    )
    assert answer.status_code == 302
    assert not Order.objects.exists()
    assert counted(kim_client)["attention"] == (0, False)
