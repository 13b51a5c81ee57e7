"""The weeks behind a store (S9): what came in on each day, and for how long it did not answer."""

from datetime import UTC, date, datetime, timedelta
from html import unescape

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from time_machine import travel

from fakeshop import faults
from integrations.connections.disconnect import disconnect
from integrations.models import StoreConnection, StoreDay
from integrations.platforms.errors import StoreError
from integrations.sync.outages import end_outage, split
from integrations.sync.polling import poll
from integrations.sync.unimported import UnimportedOrder
from orders.models import Order
from tests.support.html import text_of
from tests.support.shop import sell
from tests.support.users import create_user, read_in, signed_in

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def days() -> dict[str, int]:
    return {
        str(day): seconds
        for day, seconds in StoreDay.objects.values_list("day", "seconds")
    }


def poll_at(connection, moment: datetime) -> None:
    with travel(moment, tick=False):
        poll(connection.pk)


def fail_at(shop, connection, moment: datetime) -> None:
    shop.fail_next(faults.status(503), times=4)
    with pytest.raises(StoreError):
        poll_at(connection, moment)
    shop.faults.clear()


def test_time_without_an_answer_is_added_up_by_the_day(shop, connection):
    poll_at(connection, NOW)
    assert days() == {}
    # From 23:30 to 1:15 in Berlin; the second failure is the same time.
    fail_at(shop, connection, datetime(2026, 11, 20, 22, 30, tzinfo=UTC))
    fail_at(shop, connection, datetime(2026, 11, 20, 23, 30, tzinfo=UTC))
    assert days() == {}
    poll_at(connection, datetime(2026, 11, 21, 0, 15, tzinfo=UTC))
    assert days() == {"2026-11-20": 1800, "2026-11-21": 4500}
    poll_at(connection, datetime(2026, 11, 21, 0, 16, tzinfo=UTC))
    fail_at(shop, connection, datetime(2026, 11, 21, 1, 0, tzinfo=UTC))
    held = StoreConnection.objects.get()
    disconnect(connection, by_id=None, now=datetime(2026, 11, 21, 1, 10, tzinfo=UTC))
    # A worker that finds the same end notes nothing.
    end_outage(held, now=datetime(2026, 11, 21, 9, 0, tzinfo=UTC))
    assert days() == {"2026-11-20": 1800, "2026-11-21": 5100}


def test_a_poll_of_a_store_that_answers_writes_no_day(shop, connection):
    with CaptureQueriesContext(database) as queries:
        poll_at(connection, NOW)
    assert not [each for each in queries if "storeday" in each["sql"]]


def test_a_day_that_is_longer_is_25_hours():
    found = split(
        datetime(2026, 10, 24, 22, 0, tzinfo=UTC),
        datetime(2026, 10, 25, 23, 0, tzinfo=UTC),
    )
    assert found == {date(2026, 10, 25): 25 * 3600}


@travel(NOW, tick=False)
def test_bars_lead_to_the_orders_of_their_day(shop, connection):
    first, _second = sell(shop, 0), sell(shop, 0)
    poll(connection.pk)
    Order.objects.filter(external_id=str(first.id)).update(
        placed_at=NOW - timedelta(days=3)
    )
    UnimportedOrder.objects.create(
        store=connection.store,
        external_id="1",
        number="#9",
        status="held",
        code="odd",
        reason="No.",
        placed_at=NOW - timedelta(days=2),
        store_updated_at=NOW,
        fingerprint=1,
        last_at=NOW,
    )
    StoreDay.objects.create(store=connection.store, day=date(2026, 11, 19), seconds=90)
    client = signed_in(create_user("kim", group="Manager"))
    url = reverse("stores:weeks", args=[connection.store_id])
    assert f'href="{url}"' in client.get("/stores/").content.decode()
    assert "2 orders in eight weeks" in text_of(client.get("/stores/").content.decode())
    html = unescape(client.get(url).content.decode())
    pk = connection.store_id
    imported = f"/orders/?store={pk}&from=2026-11-17&to=2026-11-17"
    held = f"/stores/{pk}/orders/?status=held&day=2026-11-18"
    # Each once in the drawing and once in the table.
    assert (html.count(f'href="{imported}"'), html.count(f'href="{held}"')) == (2, 2)
    assert html.count('width="10"') == 4
    shown = "20 Nov 2026 1 0 0 0 19 Nov 2026 0 0 0 2 18 Nov 2026 0 1 0 0"
    assert shown in text_of(html)
    assert text_of(client.get(imported).content.decode()).count("#1001") >= 1
    listed = text_of(unescape(client.get(held).content.decode()))
    assert "#9" in listed
    assert "Only of" in listed
    other = client.get(held.replace("18", "17")).content.decode()
    assert "#9" not in other
    read_in(client, "de")
    assert "Minuten nicht erreichbar" in client.get(url).content.decode()


def test_who_may_not_see_stores_sees_no_weeks(shop, connection, bob_client):
    assert (
        bob_client.get(reverse("stores:weeks", args=[connection.store_id])).status_code
        == 403
    )


def test_banner_leads_admins_to_the_fix_and_tells_others_that_it_is_known(
    shop, connection, settings
):
    settings.ADMINS = [("Ada", "ada@example.com")]
    mailed = timezone.now() - timedelta(minutes=12)
    StoreConnection.objects.update(
        state="needs_attention", reason="No.", mailed_at=mailed
    )
    admin = signed_in(create_user("ada", group="Admin", is_staff=True))
    page = reverse("admin:integrations_storeconnection_change", args=[connection.pk])
    assert f'<a href="{page}">Fix</a>' in admin.get("/orders/").content.decode()
    kim = signed_in(create_user("kim", group="Manager"))
    html = kim.get("/orders/").content.decode()
    assert "The admins were told 12 minutes ago." in text_of(html)
    assert page not in html
