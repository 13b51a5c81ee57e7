"""import_orders and reconcile: what they print, what they bring in, and that they fail with a sentence."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from integrations.imports import lifecycle, worker
from integrations.models import ImportJob, StoreConnection, UnimportedOrder
from integrations.shopify import errors
from integrations.sync.polling import poll
from orders.models import Order
from tests.support.invariants.stores import assert_accounted
from tests.support.orders import order_numbers
from tests.support.shop import DOMAIN, connect, sell, sold_before

NONE = "imported 0, updated 0, unchanged 0, held 0, skipped 0, failed 0"


@pytest.fixture
def store(shop, db, time_machine) -> StoreConnection:
    """Connected on the shop's day; nothing has been imported yet."""
    time_machine.move_to(shop.clock.now, tick=False)
    connection = connect(since=None, no_first_import=False)
    ImportJob.objects.all().delete()
    return connection


def run(*args: str) -> str:
    out = StringIO()
    call_command(*args, stdout=out, stderr=out, no_color=True)
    assert "demo-token" not in out.getvalue()
    return out.getvalue()


def refused(*args: str) -> str:
    with pytest.raises(CommandError) as caught:
        run(*args)
    assert "demo-token" not in str(caught.value)
    assert caught.value.returncode == 1
    return str(caught.value)


def days(*numbers: int) -> list[timedelta]:
    return [timedelta(days=number) for number in numbers]


def test_import_takes_what_the_settings_take_in(shop, store):
    sold_before(shop, *days(50, 2))
    sold_before(shop, *days(40), fulfillment="FULFILLED")
    assert (
        run("import_orders", DOMAIN)
        == "imported 2, updated 0, unchanged 0, held 0, skipped 1, failed 0\n"
    )
    assert (
        run("import_orders", DOMAIN)
        == "imported 0, updated 0, unchanged 2, held 0, skipped 1, failed 0\n"
    )
    assert set(ImportJob.objects.values_list("kind", "state", "by")) == {
        ("manual", "done", None)
    }
    assert_accounted(shop, store)


def test_import_since_a_day_takes_finished_orders_too(shop, store):
    sold_before(shop, *days(30, 10), fulfillment="FULFILLED")
    said = run("import_orders", DOMAIN, "--since", "2026-11-01")
    assert (said, order_numbers()) == (
        "imported 1, updated 0, unchanged 0, held 0, skipped 0, failed 0\n",
        {"#1002"},
    )
    StoreConnection.objects.update(reads_all_orders=True)
    assert run("import_orders", DOMAIN, "--since", "2026-01-01").startswith(
        "imported 1, updated 0, unchanged 1"
    )


def test_import_names_what_the_store_hides(shop, store):
    said = run("import_orders", DOMAIN, "--since", "2026-01-01")
    assert said.splitlines() == [
        "Orders created before 21 Sep 2026 are hidden by the store.",
        NONE,
    ]


def test_import_in_bulk_waits_for_the_store_to_write_its_file(
    shop, store, monkeypatch, time_machine
):
    pauses = []
    monkeypatch.setitem(
        worker.to_the_end.__kwdefaults__,
        "sleep",
        lambda seconds: pauses.append(time_machine.shift(seconds)),
    )
    sold_before(shop, *days(9, 8))
    said = run("import_orders", DOMAIN, "--bulk")
    assert said == "imported 2, updated 0, unchanged 0, held 0, skipped 0, failed 0\n"
    assert (ImportJob.objects.get().method, len(pauses)) == ("bulk", 30)
    assert refused("import_orders", DOMAIN, "--bulk", "--number", "1001") == (
        "--bulk is for all orders, not for the one with a number."
    )


def test_import_of_a_number_takes_it_whatever_rule_would_skip_it(shop, store):
    sell(shop, 0, test=True)
    sell(shop, 1)
    sell(shop, 1, currency="USD")
    poll(store.pk)
    assert (order_numbers(), UnimportedOrder.objects.count()) == ({"#1002"}, 2)
    assert run("import_orders", DOMAIN, "--number", "1001").startswith(
        "#1001: It is here as order "
    )
    assert run("import_orders", DOMAIN, "--number", "#1002").startswith(
        "#1002: It is here as order "
    )
    assert (
        refused("import_orders", DOMAIN, "--number", "1003")
        == "Not every order that was asked for is here."
    )
    assert (
        refused("import_orders", DOMAIN, "--number", "1004")
        == "Not every order that was asked for is here."
    )
    assert (
        refused("import_orders", DOMAIN, "--number", "")
        == "Not every order that was asked for is here."
    )
    assert order_numbers() == {"#1001", "#1002"}
    assert_accounted(shop, store)


def test_import_of_a_number_that_was_missed_brings_it_in(shop, store):
    sell(shop, 0, test=True)
    assert run("import_orders", DOMAIN, "--number", "1001").startswith(
        "#1001: It is here as order "
    )
    assert Order.objects.get().external_number == "#1001"


@pytest.mark.parametrize("command", ["import_orders", "reconcile"])
def test_refusals_are_sentences(shop, store, command):
    assert refused(command, "other.myshopify.com") == (
        f"No store other.myshopify.com is connected. Connected stores are: {DOMAIN}."
    )
    StoreConnection.objects.update(enabled=False)
    assert (
        refused(command, DOMAIN)
        == f"{DOMAIN} is paused; enable it in the administration first."
    )
    StoreConnection.objects.update(enabled=True)
    shop.revoke_tokens()
    assert (
        refused(command, DOMAIN)
        == f"{DOMAIN} could not be read. {errors.TOKEN_REFUSED}"
    )
    assert (
        refused(command, DOMAIN)
        == f"{DOMAIN} could not be read. {errors.TOKEN_REFUSED}"
    )
    assert Order.objects.count() == 0


def test_import_refuses_what_makes_no_sense(shop, store):
    assert (
        refused("import_orders", DOMAIN, "--since", "2999-01-01")
        == "--since lies in the future."
    )
    assert "not allowed with" in refused(
        "import_orders", DOMAIN, "--since", "2026-11-01", "--number", "1"
    )
    assert refused("import_orders", DOMAIN, "--since", "31.01.2026").endswith(
        "31.01.2026 is no day; write it like 2026-01-31."
    )
    before = "--since lies before the year 2000."
    assert refused("import_orders", DOMAIN, "--since", "0001-01-01") == before
    assert ImportJob.objects.count() == 0
    other = lifecycle.begin_import(
        store, all_since=None, by_id=None, now=shop.clock.now
    )
    said = refused("import_orders", DOMAIN, "--since", "2026-11-01")
    assert (
        said
        == f"Another manual import of {DOMAIN} is under way or paused; wait for it, or cancel it."
    )
    assert ImportJob.objects.get() == other


def test_command_waits_for_a_worker_that_has_the_run_already(shop, store):
    sold_before(shop, *days(3))
    run_ = lifecycle.begin_import(store, all_since=None, by_id=None, now=shop.clock.now)
    ImportJob.objects.update(
        lease="6f9619ff-8b86-d011-b42d-00c04fc964ff",
        leased_until=shop.clock.now + timedelta(minutes=5),
    )
    waits = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            ImportJob.objects.update(lease=None, leased_until=None)

    assert worker.to_the_end(run_.pk, now=shop.clock, sleep=sleep).counts == {
        "imported": 1
    }
    assert waits == [1, 1, 1]


def test_command_ends_when_its_run_is_cancelled(shop, store):
    run_ = lifecycle.begin_reconcile(store, by_id=None, now=shop.clock.now)
    lifecycle.cancel(run_, now=shop.clock.now)
    with pytest.raises(worker.JobLostError):
        worker.to_the_end(run_.pk, now=shop.clock)


def test_reconcile_prints_what_differed(shop, store):
    StoreConnection.objects.update(covered_from=shop.clock.now - timedelta(days=60))
    orders = sold_before(shop, *days(9, 8, 7))
    assert run("reconcile", DOMAIN).splitlines() == [
        "compared 3, differed 3, imported 3, updated 0, unchanged 0, held 0, skipped 0, failed 0",
        "Differed: #1001, #1002, #1003",
    ]
    assert run("reconcile", DOMAIN) == f"compared 3, differed 0, {NONE}\n"
    shop.delete(orders[1])
    assert run("reconcile", DOMAIN).splitlines() == [
        f"compared 2, differed 1, {NONE}",
        "Differed: #1002",
    ]
    for _ in range(51):
        sold_before(shop, *days(1))
    assert run("reconcile", DOMAIN).splitlines()[-1].endswith("#1053 and 1 more")
    assert_accounted(shop, store)


def test_sync_brings_in_the_rest_of_the_first_import(shop, db, time_machine):
    time_machine.move_to(shop.clock.now, tick=False)
    sold_before(shop, *days(5, 4), timedelta(minutes=5))
    connect(since=None, no_first_import=False)
    assert (
        run("sync_store", DOMAIN)
        == "imported 3, updated 0, unchanged 0, held 0, skipped 0, failed 0\n"
    )
    assert run("sync_store", DOMAIN).startswith("imported 0, updated 0, unchanged 1, ")
