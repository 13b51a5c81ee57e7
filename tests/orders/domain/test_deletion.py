"""Deleting an order that was created here: who may, what is refused, and what stays of it (O9)."""

from decimal import Decimal

import pytest

from customers.models import Customer
from orders.domain.deletion import CHANGED, FROM_STORE, WRITTEN_OFF, delete_order
from orders.domain.deletion import deletion_token as token
from orders.domain.editing import ActionRefusedError
from orders.domain.permissions import MissingPermissionError
from orders.domain.write_off import reverse, write_off
from orders.models import DeletedOrder, Order, OrderEvent, OrderLine
from tests.support.incoming import order
from tests.support.order_page import post, said, state
from tests.support.times import DAY, NOW
from tests.support.users import create_user, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def eve(db):
    """May delete orders."""
    needed = ["view_order", "delete_made_here", "view_deletedorder"]
    return create_user("eve", *[f"orders.{each}" for each in needed])


@pytest.fixture
def one(made_here, with_line) -> Order:
    ada = Customer.objects.create(first_name="Ada", created_at=DAY)
    one = made_here(customer=ada)
    with_line(one, "2")
    one.refresh_from_db()
    return one


def seen(one: Order) -> str:
    return token(one, list(one.lines.all()))


def test_deleted_order_leaves_number_customer_total_and_who(one, eve):
    number, total = one.pk, one.total
    assert total > 0
    delete_order(number, seen=seen(one), by=eve, now=NOW)
    deleted = DeletedOrder.objects.get()
    assert (deleted.number, deleted.at, deleted.by, deleted.total) == (
        number,
        NOW,
        eve,
        total,
    )
    assert (deleted.customer.first_name, deleted.placed_at) == ("Ada", one.placed_at)
    for model in [Order, OrderLine, OrderEvent]:
        assert model.objects.count() == 0
    assert Customer.objects.count() == 1


def test_number_is_not_used_again(one, eve, made_here):
    number = one.pk
    assert number == Order.objects.latest("pk").pk
    delete_order(number, seen=seen(one), by=eve, now=NOW)
    assert made_here().pk == number + 1


def test_order_with_a_write_off_stays_also_a_reversed_one(one, eve, kim, main):
    write_off(one.pk, None, warehouse=main, by=kim, now=NOW)
    before = state()
    for _ in range(2):
        with pytest.raises(ActionRefusedError, match=WRITTEN_OFF):
            delete_order(one.pk, seen=seen(one), by=eve, now=NOW)
        assert state() == before
        reverse(one.pk, None, by=kim, now=NOW)
        before = state()


def test_order_of_a_store_stays(bring, eve):
    [one] = bring(order(1))
    before = state()
    with pytest.raises(ActionRefusedError, match=FROM_STORE):
        delete_order(one.pk, seen=seen(one), by=eve, now=NOW)
    assert (state(), DeletedOrder.objects.count()) == (before, 0)


def test_order_that_has_changed_since_the_question_stays(one, eve):
    asked = seen(one)
    OrderLine.objects.update(quantity=3)
    before = state()
    with pytest.raises(ActionRefusedError, match=CHANGED):
        delete_order(one.pk, seen=asked, by=eve, now=NOW)
    assert (state(), DeletedOrder.objects.count()) == (before, 0)


def test_without_the_permission_nothing_is_deleted(one, kim, kim_client):
    before = state()
    with pytest.raises(MissingPermissionError):
        delete_order(one.pk, seen=seen(one), by=kim, now=NOW)
    answer = post(kim_client, "delete", one, seen=seen(one))
    assert (answer.status_code, state()) == (403, before)
    assert "Can delete orders created in RO App" in answer.content.decode()
    assert "/delete/" not in kim_client.get(one.get_absolute_url()).content.decode()


def test_page_asks_first_and_then_deletes(one, eve):
    eves = signed_in(eve)
    address = f"/orders/{one.pk}/delete/"
    assert f'href="{address}"' in eves.get(one.get_absolute_url()).content.decode()
    before = state()
    html = eves.get(address).content.decode()
    assert (state(), f"Delete order {one.pk}?" in html) == (before, True)
    for shown in ["Ada", "Labour", f'value="{seen(one)}"']:
        assert shown in html
    answer = post(eves, "delete", one, seen=seen(one))
    assert (answer.status_code, answer.headers["Location"]) == (302, "/orders/")
    assert said(eves.get("/orders/")) == [f"Order {one.pk} was deleted."]
    again = post(eves, "delete", one, seen="")
    assert said(eves.get(again.headers["Location"])) == [
        "This order is deleted already."
    ]
    assert eves.get(address).status_code == 404


def test_page_of_an_order_of_a_store_says_why_not(bring, eve):
    [one] = bring(order(1))
    eves = signed_in(eve)
    assert "/delete/" not in eves.get(one.get_absolute_url()).content.decode()
    answer = eves.get(f"/orders/{one.pk}/delete/", follow=True)
    assert said(answer) == ["An order from a store cannot be deleted."]


def test_administration_lists_what_was_deleted(one, eve):
    delete_order(one.pk, seen=seen(one), by=eve, now=NOW)
    eve.is_staff = True
    eve.save(update_fields=["is_staff"])
    html = signed_in(eve).get("/admin/orders/deletedorder/").content.decode()
    for shown in [str(one.pk), "eve", "Ada", "€"]:
        assert shown in html
    assert DeletedOrder.objects.get().total == Decimal(one.total)
