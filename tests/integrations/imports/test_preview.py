"""An initial import says what it would bring in before it begins, and asks."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone, translation

from integrations.imports.preview import sentences
from integrations.imports.worker import to_the_end
from integrations.models import ImportJob, JobState, StoreConnection
from orders.models import Order
from tests.support.shop import DOMAIN, connect, sell, sold_before, store_form
from tests.support.users import create_user, signed_in

ADD = reverse("admin:integrations_storeconnection_add")


@pytest.fixture
def admin(db):
    return signed_in(create_user("root", is_staff=True, is_superuser=True))


@pytest.fixture
def past(shop):
    """Of 9 orders of the last 60 days 3 are open; 2 are older."""
    shop.clock.now = timezone.now() - timedelta(hours=3)
    sold_before(shop, *(timedelta(days=number) for number in [3, 4, 5, 70, 80]))
    sell(shop, 0, fulfillment="FULFILLED")
    sell(shop, 0, financial="REFUNDED")
    shop.cancel(sell(shop, 0))
    sell(shop, 0, test=True)
    sell(shop, 0, test=True, tags=["b2b"])
    sell(shop, 0, tags=["B2B"])
    return shop


SENTENCES = [
    "Orders that come in: 3.",
    "Orders that stay out: test orders: 2, with an excluded tag: 1, completed: 3.",
    "Older orders, which are not looked at: 2.",
]


def test_administration_shows_what_would_come_in_and_asks(past, admin):
    answer = admin.post(ADD, store_form(excluded_tags="b2b"), follow=True)
    shown = [str(each) for each in answer.context["messages"]]
    assert (
        f"Initial import: {' '.join(SENTENCES)} It waits until someone begins it."
        in shown
    )
    job = ImportJob.objects.get()
    assert (job.state, job.done, Order.objects.count()) == (JobState.PAUSED, 0, 0)
    stores = admin.get(reverse("stores:list")).content.decode()
    assert all(sentence in stores for sentence in SENTENCES)
    pk = StoreConnection.objects.get().pk
    change = reverse("admin:integrations_storeconnection_change", args=[pk])
    assert "Begin the initial import" in admin.get(change).content.decode()
    begin = reverse("admin:integrations_storeconnection_begin", args=[pk])
    assert admin.post(begin).status_code == 302
    assert "Begin the initial import" not in admin.get(change).content.decode()
    job.refresh_from_db()
    assert (job.is_moving, job.reason_code) == (True, "")
    to_the_end(job.pk)
    assert Order.objects.count() == 3


def test_preview_asks_once_and_says_more_than_where_the_shop_counts_no_further(
    past, admin
):
    past.result_limit = 6
    past.requests.clear()
    admin.post(ADD, store_form(include_test_orders="on"))
    assert past.asked().count("OrdersPreview") == 1
    plain = ImportJob.objects.get().preview
    assert sentences(plain) == [
        "Orders that come in: 6.",
        "Orders that stay out: completed: more than 0.",
        "Older orders, which are not looked at: 2.",
    ]
    with translation.override("de"):
        assert sentences(plain)[0].startswith("Bestellungen, die importiert werden: ")


def test_command_says_it_and_asks_whoever_sits_at_a_terminal(
    past, db, capsys, monkeypatch
):
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda question: "n")
    options = {
        "name": "Gadget Garage",
        "token": "demo-token",
        "order_type": "Online order",
    }
    with pytest.raises(CommandError, match="was not connected"):
        call_command("connect_store", DOMAIN, **options)
    assert "Orders that come in: 4." in capsys.readouterr().out
    assert not StoreConnection.objects.exists()
    call_command("connect_store", DOMAIN, yes=True, **options)
    assert ImportJob.objects.get().is_moving
    assert ImportJob.objects.get().preview["admitted"] == [4, True]


def test_store_without_a_first_import_is_not_counted(shop, db):
    connect()
    assert "OrdersPreview" not in shop.asked()
    assert not ImportJob.objects.exists()
