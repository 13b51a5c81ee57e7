"""Nobody reads UTC: every time is written in the reader's zone, and by common/formats.py alone (O12)."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone, translation

from common.formats import clock, day, day_and_time
from integrations.connections.check import findings
from integrations.models import Heartbeat, StoreConnection, UnimportedOrder
from integrations.platforms.protocol import ShopReport
from integrations.platforms.registry import platforms
from orders.importing.admission import Refusal
from orders.order_page.timeline import format_value
from tests.support.html import page, text_of
from tests.support.shop import DOMAIN

ROOT = Path(__file__).resolve().parents[2]
APPS = ["common", "customers", "integrations", "inventory", "orders", "roapp"]
WRITES = re.compile(
    r"""date_format\(|time_format\(|strftime|\{[^{}]*:%[a-zA-Z]|isoformat\(" "\)"""
)
WRITERS = {
    "common/formats.py": "for people",
    "integrations/shopify/cursor.py": "for Shopify",
    "orders/order_list/csv_export.py": "for spreadsheets, in the reader's zone",
    "orders/order_list/views.py": "the name of that file, today in the reader's zone",
}
WINTER = datetime(2026, 1, 15, 23, 30, tzinfo=UTC)
SUMMER = datetime(2026, 7, 15, 22, 30, tzinfo=UTC)
BERLIN = [
    pytest.param(WINTER, "16 Jan 2026", id="winter"),
    pytest.param(SUMMER, "16 Jul 2026", id="summer"),
]
"""Half past midnight in Berlin, and the day before in Greenwich."""


def test_times_are_written_in_one_place():
    files = [path for app in APPS for path in (ROOT / app).rglob("*.py")]
    found = {
        path.relative_to(ROOT).as_posix()
        for path in files
        if path.parent.name != "migrations" and WRITES.search(path.read_text())
    }
    assert found == {*WRITERS}


@pytest.fixture(autouse=True)
def _berlin(settings):
    settings.TIME_ZONE = "Europe/Berlin"
    with timezone.override("Europe/Berlin"):
        yield


@pytest.mark.parametrize(("at", "date"), BERLIN)
def test_point_in_time_is_the_readers(at, date):
    assert (day(at), clock(at), day_and_time(at)) == (date, "00:30", f"{date}, 00:30")
    assert format_value("cancelled_at", at.isoformat()) == f"{date}, 00:30"
    assert str(Heartbeat(name="beat", at=at)) == f"beat {date}, 00:30"
    with timezone.override("America/New_York"):
        assert clock(at) == "18:30"


@pytest.mark.parametrize(("at", "date"), BERLIN)
def test_check_names_the_newest_order_with_the_readers_time(at, date):
    report = ShopReport(
        id="700000001",
        name="Gadget Garage",
        domain="gadget.myshopify.com",
        currency="EUR",
        country="DE",
        plan="Grow",
        missing_scopes=(),
        reads_all_orders=True,
        customer_data_readable=True,
        newest_order="#1001",
        newest_order_at=at,
        api_version="",
        api_version_served="",
    )
    (platform,) = platforms()
    texts = [each.text for each in findings(report, platform)]
    assert f"#1001, {date}, 00:30" in texts


@pytest.mark.parametrize(("at", "date"), BERLIN)
def test_reason_names_the_day_on_which_an_import_begins(at, date):
    refusal = Refusal(False, "too_old", {"since": at.isoformat()})
    entry = UnimportedOrder(code="too_old", values=refusal.values)
    sentence = f"It was created before {date}, where this store's import begins."
    assert (refusal.reason, entry.sentence) == (sentence, sentence)


def test_reason_from_an_earlier_release_keeps_its_day():
    entry = UnimportedOrder(code="too_old", values={"since": "2026-11-01"})
    assert "before 1 Nov 2026," in entry.sentence
    with translation.override("de"):
        assert "1. November 2026" in entry.sentence


def test_since_on_the_command_line_is_the_day_that_is_named(shop, db, capsys):
    call_command(
        "connect_store",
        DOMAIN,
        "--name=Gadget Garage",
        "--token=demo-token",
        "--order-type=Online order",
        "--since=2026-07-01",
    )
    assert "between 1 Jul 2026 and " in capsys.readouterr().out


@pytest.mark.parametrize(("at", "date"), BERLIN)
def test_administration_has_the_readers_time(connection, admin_client, at, date):
    StoreConnection.objects.update(last_poll_at=at)
    html = page(admin_client, "/admin/integrations/storeconnection/")
    assert f"{date}, 00:30" in text_of(html)
