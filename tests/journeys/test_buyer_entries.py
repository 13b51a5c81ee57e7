"""What buyers entered, purchase order numbers, payments, bundles and gift cards: from the fake shop over HTTP
to page, search, file, data export and erasure (I2)."""

import csv
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission

from customers.models import Customer
from integrations.imports import bulk_export, worker
from integrations.models import ImportJob, JobKind, JobMethod
from inventory.models import Product, Warehouse
from orders.customer_data.data_export import export_person
from orders.customer_data.erasure import erase_person
from orders.domain.differences import accept, dismiss
from orders.domain.seen import line_token
from orders.domain.write_off import reverse, write_off
from orders.models import EventKind, Order, OrderEvent, OrderLine, WriteOff
from orders.order_list.search import apply_search
from tests.support.html import page, text_of
from tests.support.shop import connect, counts_of_poll

IMEI = "35 209900 176148 1"
DEVICE = [("Device", "Fono 12"), ("IMEI", IMEI), ("_widget_id", "w-77"), ("Colour", "")]
TAKEN = [["Device", "Fono 12"], ["IMEI", IMEI], ["_widget_id", "w-77"]]


@pytest.fixture
def ada(shop):
    return next(iter(shop.customers.values()))


@pytest.fixture
def sold(shop, ada):
    """A display for Ada's device and a battery, on account and partly paid."""
    display, battery, _cable = shop.products.values()
    return shop.place_order(
        [shop.line(display, entries=DEVICE), shop.line(battery)],
        ada,
        entries=[("Engraving", "Für Ada 💙"), ("Engraving", "1815")],
        po_number="PO-2026/17",
        financial="PARTIALLY_PAID",
        part_paid=Decimal(50),
    )


def bring(shop, connection) -> Order:
    shop.clock.forward(minutes=1)
    counts_of_poll(connection)
    return Order.objects.latest("id")


def events(order: Order) -> list[tuple[str, ...]]:
    return [
        (each.kind, each.subject, each.field, each.old, each.new)
        for each in OrderEvent.objects.filter(order=order).order_by("id")
        if each.kind != EventKind.IMPORTED
    ]


def test_all_that_the_buyer_gave_comes_with_the_order(shop, connection, sold):
    order = bring(shop, connection)
    display, battery = order.lines.all()
    assert (display.buyer_entries, display.store_buyer_entries) == (TAKEN, TAKEN)
    assert battery.buyer_entries is None
    assert order.buyer_entries == [["Engraving", "Für Ada 💙"], ["Engraving", "1815"]]
    assert (order.purchase_order, order.store_paid, order.store_due) == (
        "PO-2026/17",
        Decimal("50.00"),
        Decimal("64.80"),
    )
    assert counts_of_poll(connection) == {"unchanged": 1}


def test_first_screen_shows_device_and_imei_at_their_line(
    shop, connection, sold, client
):
    order = bring(shop, connection)
    html = page(client, order.get_absolute_url())
    display = html.split(f'id="line-{order.lines.first().pk}"')[1].split("</tbody>")[0]
    assert f"Device Fono 12 IMEI {IMEI} Entries by apps: 1 _widget_id w-77" in text_of(
        display
    )
    assert "<summary>Entries by apps: 1</summary>" in display
    words = text_of(html)
    assert "Purchase order PO-2026/17" in words
    assert "Entered by the buyer Engraving Für Ada 💙 Engraving 1815" in words
    assert "Payment Partly paid Paid €50.00 Still due €64.80" in words
    assert "€64.80 still due" in words


@pytest.mark.parametrize(
    "text", [IMEI, "352099001761481", "PO-2026/17", "po-2026", "3520 9900 1761 481"]
)
def test_imei_and_purchase_order_find_the_order(shop, connection, sold, text):
    order = bring(shop, connection)
    shop.place_order([shop.custom_line("Other", "5.00")])
    bring(shop, connection)
    for contact_data in [True, False]:
        found = apply_search(Order.objects.all(), text, contact_data=contact_data)
        assert [each.pk for each in found] == [order.pk]


def test_what_does_not_identify_is_not_searched(shop, connection, sold):
    bring(shop, connection)
    found = apply_search(Order.objects.all(), "w-77", contact_data=True)
    assert not found.exists()


def test_change_at_the_store_is_followed_old_to_new(shop, connection, sold):
    order = bring(shop, connection)
    sold.lines[0].entries = [("Device", "Fono 13")]
    shop.change(sold, entries=[], po_number="PO-18", part_paid=Decimal(60))
    bring(shop, connection)
    order.refresh_from_db()
    assert order.lines.first().buyer_entries == [["Device", "Fono 13"]]
    assert (order.buyer_entries, order.purchase_order) == (None, "PO-18")
    old = f"Device: Fono 12\nIMEI: {IMEI}\n_widget_id: w-77"
    assert sorted(events(order)) == sorted(
        [
            ("changed", "", "store_paid", "50", "60"),
            ("changed", "", "store_due", "64.8", "54.8"),
            ("changed", "", "purchase_order", "PO-2026/17", "PO-18"),
            (
                "changed",
                "",
                "buyer_entries",
                "Engraving: Für Ada 💙\nEngraving: 1815",
                "",
            ),
            ("changed", "Display – Black", "buyer_entries", old, "Device: Fono 13"),
        ]
    )


def written_off_and_changed(shop, connection, sold, kim) -> tuple[Order, OrderLine]:
    order = bring(shop, connection)
    line = order.lines.first()
    write_off(
        order.pk,
        [line.pk],
        warehouse=Warehouse.objects.get(),
        by=kim,
        now=shop.clock.now,
        below_zero=True,
    )
    sold.lines[0].entries = [("Device", "Fono 13")]
    shop.change(sold)
    bring(shop, connection)
    order.refresh_from_db()
    line.refresh_from_db()
    return order, line


def test_written_off_line_keeps_its_entries_until_somebody_decides(
    shop, connection, sold, kim, kim_client
):
    order, line = written_off_and_changed(shop, connection, sold, kim)
    old = f"Device: Fono 12\nIMEI: {IMEI}\n_widget_id: w-77"
    assert (line.buyer_entries, order.needs_attention) == (TAKEN, True)
    assert line.difference == {"buyer_entries": [old, "Device: Fono 13"]}
    words = text_of(page(kim_client, order.get_absolute_url()))
    assert "Entered by the buyer changed at the store after the write-off" in words
    now = shop.clock.now
    accept(order.pk, line.pk, seen=line_token(line), by=kim, now=now)
    line.refresh_from_db()
    assert (line.buyer_entries, line.difference) == ([["Device", "Fono 13"]], None)
    assert line.written_off_at is not None
    assert events(order)[-1] == (
        "accepted",
        "Display – Black",
        "buyer_entries",
        old,
        "Device: Fono 13",
    )


def test_dismissed_entries_stay_and_a_reversal_follows_the_store(
    shop, connection, sold, kim
):
    order, line = written_off_and_changed(shop, connection, sold, kim)
    dismiss(order.pk, line.pk, seen=line_token(line), by=kim, now=shop.clock.now)
    line.refresh_from_db()
    assert (line.buyer_entries, line.difference) == (TAKEN, None)


def test_reversed_line_takes_the_stores_entries(shop, connection, sold, kim):
    order, line = written_off_and_changed(shop, connection, sold, kim)
    reverse(order.pk, [line.pk], by=kim, now=shop.clock.now)
    line.refresh_from_db()
    assert (line.buyer_entries, line.difference) == ([["Device", "Fono 13"]], None)


def test_order_from_before_is_filled_up_without_a_word(shop, connection, sold, kim):
    """An installation that is upgraded gets no event, and no attention, for what was always there."""
    order = bring(shop, connection)
    write_off(
        order.pk,
        None,
        warehouse=Warehouse.objects.get(),
        by=kim,
        now=shop.clock.now,
        below_zero=True,
    )
    Order.objects.update(
        buyer_entries=None,
        purchase_order="",
        store_paid=None,
        store_due=None,
        fingerprint=0,
    )
    OrderLine.objects.update(buyer_entries=None, store_buyer_entries=None)
    before = events(order)
    bring(shop, connection)
    order.refresh_from_db()
    assert (order.store_paid, order.purchase_order) == (Decimal(50), "PO-2026/17")
    assert order.lines.first().buyer_entries == TAKEN
    assert (order.needs_attention, events(order)) == (False, before)


def test_lines_of_one_bundle_say_so(shop, connection, ada, client):
    display, battery, cable = shop.products.values()
    shop.place_order(
        [
            *shop.bundle(
                "Repair kit", [shop.line(display), shop.line(battery)], Device="Fono 12"
            ),
            *shop.bundle("Repair kit", [shop.line(cable)]),
            shop.line(cable),
        ],
        ada,
    )
    order = bring(shop, connection)
    first, second, third, last = order.lines.all()
    assert [each.bundle for each in order.lines.all()] == ["Repair kit"] * 3 + [""]
    assert first.bundle_id == second.bundle_id != third.bundle_id != last.bundle_id
    assert (first.buyer_entries, second.buyer_entries) == (
        [["Device", "Fono 12"]],
        None,
    )
    words = text_of(page(client, order.get_absolute_url()))
    assert words.count("Part of Repair kit (1)") == 2
    assert words.count("Part of Repair kit (2)") == 1


def test_gift_card_is_a_line_without_stock(shop, connection, ada, kim, kim_client):
    card = shop.add_product(
        "Gift card", [("50 €", "GC-50", "50.00")], product_type="Gift card"
    )
    shop.place_order([shop.gift_card(card)], ada)
    order = bring(shop, connection)
    line = order.lines.get()
    assert (line.name, line.sku, line.price, line.product) == (
        "Gift card – 50 €",
        "GC-50",
        Decimal(50),
        None,
    )
    assert (line.is_gift_card, Product.objects.count()) == (True, 0)
    assert order.write_off == WriteOff.ALL
    lines = write_off(
        order.pk, None, warehouse=Warehouse.objects.get(), by=kim, now=shop.clock.now
    )
    assert lines == []
    html = page(kim_client, order.get_absolute_url())
    assert "Gift card – 50 € GC-50 Gift card 1" in text_of(html)
    assert "Write off Gift card" not in html


def test_beside_a_gift_card_the_rest_is_still_to_write_off(shop, connection, ada, kim):
    display, *_ = shop.products.values()
    card = shop.add_product("Gift card", [("50 €", "GC-50", "50.00")])
    shop.place_order([shop.gift_card(card), shop.line(display)], ada)
    order = bring(shop, connection)
    assert order.write_off == WriteOff.NOTHING
    write_off(
        order.pk,
        None,
        warehouse=Warehouse.objects.get(),
        by=kim,
        now=shop.clock.now,
        below_zero=True,
    )
    order.refresh_from_db()
    assert order.write_off == WriteOff.ALL


def test_nasty_entries_are_bounded_and_lose_nothing_else(shop, connection, ada, client):
    display, *_ = shop.products.values()
    evil = '<script>alert(1)</script>" onload="x'
    entries = [
        ("k" * 300, "v" * 2_500),
        (evil, evil),
        ("NUL\x00", "a\x00b"),
        ("مرحبا", "\u202eright to left"),
        ("", "nameless"),
        ("Blank", "   "),
        *((f"Field {number}", str(number)) for number in range(100)),
    ]
    shop.place_order([shop.line(display, entries=entries)], ada)
    order = bring(shop, connection)
    taken = order.lines.get().buyer_entries
    assert len(taken) == 51
    assert taken[0] == ["k" * 254 + "…", "v" * 1_999 + "…"]
    assert taken[1:5] == [
        [evil, evil],
        ["NUL", "ab"],
        ["مرحبا", "\u202eright to left"],
        ["", "nameless"],
    ]
    assert taken[5] == ["Field 0", "0"]
    assert taken[-1] == ["…", "+55"]
    assert "<script>alert" not in page(client, order.get_absolute_url())


def test_file_has_them(shop, connection, sold, kim, kim_client):
    order = bring(shop, connection)
    kim.user_permissions.add(Permission.objects.get(codename="export_orders"))
    answer = kim_client.post("/orders/export/", {"id": [order.pk]})
    text = b"".join(answer.streaming_content).decode().removeprefix("\ufeff")
    (row,) = csv.DictReader(text.splitlines())
    assert (row["Purchase order"], row["Paid"], row["Still due"]) == (
        "PO-2026/17",
        "50.00",
        "64.80",
    )
    assert row["Entered by the buyer"] == (
        f"Engraving: Für Ada 💙; Engraving: 1815; Device: Fono 12; IMEI: {IMEI}"
    )


def test_they_are_in_the_persons_data_and_go_with_the_person(
    shop, connection, sold, kim
):
    order, _line = written_off_and_changed(shop, connection, sold, kim)
    customer = Customer.objects.get()
    now = shop.clock.now
    (exported,) = export_person(customer, by_id=None, now=now)["orders"]
    assert exported["buyer_entries"] == [
        ["Engraving", "Für Ada 💙"],
        ["Engraving", "1815"],
    ]
    assert (exported["purchase_order"], exported["store_paid"]) == (
        "PO-2026/17",
        Decimal(50),
    )
    assert exported["lines"][0]["buyer_entries"] == TAKEN
    erase_person(customer, by_id=None, now=now)
    for _ in range(2):  # the second time after the store has sent it all once more
        order.refresh_from_db()
        assert (order.buyer_entries, order.purchase_order) == (None, "")
        for line in order.lines.all():
            assert (line.buyer_entries, line.store_buyer_entries, line.difference) == (
                None,
                None,
                None,
            )
        kept = f"{order.search} {events(order)}"
        for trace in ["176148", "Fono", "1815", "PO-2026"]:
            assert trace not in kept
        shop.change(sold, note="again")
        bring(shop, connection)


def test_bulk_file_has_them_too(
    db, shop, sold, ada, time_machine, monkeypatch, settings, tmp_path
):
    settings.VAR_DIR = tmp_path
    monkeypatch.setattr(bulk_export, "BULK_FROM", 1)
    card = shop.add_product("Gift card", [("50 €", "GC-50", "50.00")])
    shop.place_order([*shop.bundle("Kit", [shop.gift_card(card)])], ada)
    time_machine.move_to(shop.clock.forward(days=1), tick=False)
    connect(since=None, no_first_import=False)
    job = ImportJob.objects.get(kind=JobKind.FIRST_IMPORT)
    for _ in range(10):
        shop.clock.forward(minutes=2)
        worker.advance(job.pk, now=shop.clock)
    job.refresh_from_db()
    assert job.method == JobMethod.BULK
    first = Order.objects.get(external_number="#1001")
    assert first.lines.first().buyer_entries == TAKEN
    assert (first.store_due, first.purchase_order) == (Decimal("64.80"), "PO-2026/17")
    line = OrderLine.objects.get(order__external_number="#1002")
    assert (line.bundle, line.is_gift_card, line.product) == ("Kit", True, None)
