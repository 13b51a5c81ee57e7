"""Times are shown in the zone that one has chosen (O12); what is stored does not change."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from orders.models import Order, Preferences
from tests.support.html import cell, text_of
from tests.support.order_list import list_page, order_ids

URL = reverse("orders:time-zone")


@pytest.fixture
def made_at_noon(made_here) -> Order:
    """Made in summer, at noon in Greenwich."""
    return made_here(placed_at=datetime(2026, 7, 1, 12, 0, tzinfo=UTC))


def shown(client) -> str:
    return text_of(cell(client.get("/orders/").content.decode(), "created"))


@pytest.mark.parametrize(
    ("zone", "time"),
    [
        ("", "14:00"),
        ("UTC", "12:00"),
        ("America/New_York", "08:00"),
        ("Asia/Kathmandu", "17:45"),
        ("Pacific/Auckland", "00:00"),
    ],
)
def test_times_follow_the_chosen_zone(client, ann, made_at_noon, zone, time):
    answer = client.post(
        URL, {"time_zone": zone, "next": f"/orders/{made_at_noon.pk}/"}
    )
    assert (answer.status_code, answer.url) == (302, f"/orders/{made_at_noon.pk}/")
    assert shown(client).endswith(time)
    assert time in client.get(f"/orders/{made_at_noon.pk}/").content.decode()
    made_at_noon.refresh_from_db()
    assert made_at_noon.placed_at == datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


def test_days_of_a_filter_are_days_of_the_chosen_zone(client, made_at_noon):
    client.post(URL, {"time_zone": "Pacific/Auckland"})

    def found(day: str) -> int:
        return len(order_ids(list_page(client, f"?from={day}&to={day}")))

    assert (found("2026-07-01"), found("2026-07-02")) == (0, 1)


def test_zone_is_each_persons_own_and_columns_stay(
    client, bob_client, ann, made_at_noon
):
    client.post("/orders/display/", {"column": ["created", "total"]})
    client.post(URL, {"time_zone": "America/New_York"})
    assert (shown(client)[-5:], shown(bob_client)[-5:]) == ("08:00", "14:00")
    chosen = Preferences.objects.get()
    assert (chosen.user, chosen.time_zone, "total" in chosen.columns) == (
        ann,
        "America/New_York",
        True,
    )


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "<script>"])
def test_no_zone_is_refused_and_said(client, zone):
    answer = client.post(URL, {"time_zone": zone, "next": "https://evil.example/"})
    assert answer.status_code == 200
    assert "Select a valid choice." in answer.content.decode()
    assert not Preferences.objects.exists()


def test_forged_address_leads_nowhere_else(client):
    assert (
        client.post(URL, {"time_zone": "UTC", "next": "https://evil.example/"}).url
        == "/orders/"
    )


def test_page_shows_what_is_chosen(client):
    client.post(URL, {"time_zone": "Asia/Tokyo"})
    html = client.get(f"{URL}?next=/customers/").content.decode()
    assert '<option value="Asia/Tokyo" selected>Tokyo</option>' in html
    assert '<input type="hidden" name="next" value="/customers/">' in html
    assert "As in this installation: Europe/Berlin" in html
