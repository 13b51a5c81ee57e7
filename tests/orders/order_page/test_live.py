"""The order page says what others have done to the order since, and who else has it open."""

import re
from datetime import timedelta

from django.test import Client
from django.utils import timezone

from orders.domain.status import change_status
from orders.models import Order, OrderPresence, Status
from orders.order_page.live import delete_old_presences
from tests.support.html import text_of
from tests.support.incoming import order
from tests.support.times import DAY
from tests.support.users import signed_in


class Window:
    """An order's page that stands open."""

    def __init__(self, client: Client, one: Order) -> None:
        self.client, self.address = client, f"{one.get_absolute_url()}live/"
        self.read(client.get(one.get_absolute_url()).content.decode())

    def read(self, html: str) -> None:
        self.fields = dict(
            re.findall(r'name="(seen|state)" value="([\d.]*)"', html)[:2]
        )

    def look(self) -> str | None:
        """What it says; None if that is as it was."""
        answer = self.client.post(self.address, self.fields)
        if answer.status_code == 204:
            return None
        self.read(answer.content.decode())
        return text_of(answer.content.decode())


def set_status(one: Order, name: str, by) -> None:
    status = Status.objects.get(name=name)
    change_status([one.pk], status, by=by, now=timezone.now())


def test_page_says_what_others_did_and_not_what_its_user_did(
    client, ann, sam, made_here
):
    one = made_here()
    window = Window(client, one)
    assert window.look() is None
    set_status(one, "In progress", ann)
    assert window.look() is None
    set_status(one, "Ready", sam)
    assert window.look() == "Changed by Sam just now: show"
    assert window.look() is None
    assert Window(client, one).look() is None


def test_page_says_that_the_store_has_changed_the_order(client, bring):
    [one] = bring(order(1))
    window = Window(client, one)
    newer = order(1, note="Ring twice", updated_at=DAY + timedelta(hours=2))
    bring(newer, fetched_at=DAY + timedelta(hours=3))
    assert window.look() == "Changed by the store just now: show"


def test_page_says_who_else_has_the_order_open(
    client, ann, sam, kim_client, made_here, django_assert_num_queries
):
    one, other = made_here(), made_here()
    window = Window(client, one)
    Window(signed_in(sam), other).look()
    assert window.look() is None
    Window(signed_in(sam), one).look()
    assert window.look() == "Sam has this order open, too."
    Window(kim_client, one).look()
    with django_assert_num_queries(5):  # who asks, the events, and who is there
        assert window.look() == "Sam and Kim have this order open, too."
    OrderPresence.objects.exclude(user=ann).update(
        at=timezone.now() - timedelta(minutes=1)
    )
    assert window.look() == ""
    delete_old_presences(timezone.now() + timedelta(days=2))
    assert OrderPresence.objects.count() == 0
    assert client.post("/orders/999/live/").status_code == 404
