"""Two customers become one, and two again: exactly what moved moves back."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from customers import editing
from customers.matching import ContactDetails, customers_for
from customers.models import Customer, CustomerEvent, CustomerKey
from orders.customer_data.merging import merge, undo
from orders.domain.editing import ActionRefusedError
from orders.domain.totals import summarise
from orders.importing.importer import import_orders
from orders.models import Order, OrderLine, OrderType, Status
from tests.support.concurrency import at_once
from tests.support.incoming import arrival, order
from tests.support.phones import typed
from tests.support.times import DAY

NOW = DAY + timedelta(hours=1)


def bring(rules, *incoming):
    with transaction.atomic():
        import_orders(
            [arrival(each) for each in incoming], rules=rules, fetched_at=NOW, now=NOW
        )
    return list(
        Order.objects.filter(
            external_id__in=[each.external_id for each in incoming]
        ).order_by("external_id")
    )


def make(name, phone="", **values):
    with transaction.atomic():
        return editing.create_customer(
            {"first_name": name, **values}, typed(phone), by_id=None, now=NOW
        )


def sell(customer, item="Display"):
    made = Order(
        order_type=OrderType.objects.get(name="Repair"),
        status=Status.objects.get(name="New"),
        customer=customer,
        placed_at=NOW,
    )
    line = OrderLine(name=item, quantity=1, price=10, total=10)
    summarise(made, [line], customer)
    made.save()
    line.order = made
    line.save()
    return made


def join(keep, gone):
    return merge(keep.pk, gone.pk, by_id=None, now=NOW)


def state():
    """Everything that a merge writes."""
    customers = Customer.objects.order_by("id").values_list(
        "id",
        "first_name",
        "last_name",
        "company",
        "phone",
        "email",
        "address",
        "merged_into",
        "names",
        "search",
    )
    keys = CustomerKey.objects.order_by("key").values_list("key", "customer")
    orders = Order.objects.order_by("id").values_list(
        "id", "customer", "customer_name", "search", "items", "total"
    )
    return list(customers), list(keys), list(orders)


@pytest.mark.django_db
def test_orders_keys_and_empty_fields_go_to_the_one_who_stays():
    ada = make("Ada", "+4915100000001", email="ada@example.com")
    twin = make(
        "Augusta",
        "+4915100000002",
        last_name="King",
        email="king@example.com",
        address="Hauptstr. 1",
    )
    hers, theirs = sell(ada, "Cable"), sell(twin)
    event = join(ada, twin)
    for each in [ada, twin, hers, theirs]:
        each.refresh_from_db()
    assert (ada.name, ada.phone, ada.email, ada.address) == (
        "Ada",
        "+4915100000001",
        "ada@example.com",
        "Hauptstr. 1",
    )
    assert ada.search == "ada\nada@example.com\n+4915100000001\n+4915100000002\n"
    assert sorted(ada.keys.values_list("key", flat=True)) == [
        "phone:+4915100000001",
        "phone:+4915100000002",
    ]
    assert (twin.merged_into, twin.name, twin.keys.count(), twin.orders.count()) == (
        ada,
        "Augusta King",
        0,
        0,
    )
    assert (theirs.customer, theirs.customer_name) == (ada, "Ada")
    assert "ada" in theirs.search.split()
    assert "king" not in theirs.search
    assert "display" in theirs.search
    assert list(Customer.objects.living()) == [ada]
    assert event.record == {
        "phone": "+4915100000001",
        "phone_typed": "",
        "filled": {"address": "Hauptstr. 1"},
        "keys": ["phone:+4915100000002"],
        "removed": [],
        "orders": [theirs.pk],
        "left": {
            "first_name": "Augusta",
            "last_name": "King",
            "email": "king@example.com",
        },
    }
    assert (event.customer, event.other, event.kind) == (ada, twin, "merged")


@pytest.mark.django_db
def test_name_that_was_empty_reaches_the_orders_of_both():
    nameless, ada = make("", "+4915100000001"), make("Ada", last_name="Lovelace")
    mine = sell(nameless)
    join(nameless, ada)
    mine.refresh_from_db()
    assert (mine.customer_name, "ada lovelace" in mine.search) == ("Ada Lovelace", True)


@pytest.mark.django_db
def test_undo_restores_everything_as_it_was():
    ada = make("Ada", company="Engines")
    twin = make("Augusta", "+4915100000002", last_name="King", email="king@example.com")
    for customer in [ada, twin, twin]:
        sell(customer)
    before = state()
    event = join(ada, twin)
    assert state() != before
    assert undo(event, by_id=None, now=NOW) == twin
    assert state() == before
    assert list(ada.events.order_by("-id").values_list("kind", "other")) == [
        ("unmerged", twin.pk),
        ("merged", twin.pk),
        ("created", None),
    ]
    assert list(twin.events.order_by("-id").values_list("kind", "other")) == [
        ("unmerged", ada.pk),
        ("created", None),
    ]


@pytest.mark.django_db
def test_undo_leaves_what_came_or_was_given_away_later():
    ada, twin, cleo = make("Ada"), make("Augusta", "+4915100000002"), make("Cleo")
    moved, given = sell(twin), sell(twin)
    event = join(ada, twin)
    later = sell(ada)
    Order.objects.filter(pk=given.pk).update(customer=cleo)
    ada.refresh_from_db()
    editing.add_phone(ada, typed("+4915100000003"), by_id=None, now=NOW)
    editing.change_customer(
        ada,
        dict.fromkeys(editing.FIELDS, "")
        | {"first_name": "Ada", "email": "new@example.com"},
        by_id=None,
        now=NOW,
    )
    undo(event, by_id=None, now=NOW)
    owners = {
        each.pk: each.customer.first_name
        for each in Order.objects.select_related("customer")
    }
    assert owners == {moved.pk: "Augusta", given.pk: "Cleo", later.pk: "Ada"}
    ada.refresh_from_db()
    twin.refresh_from_db()
    assert (ada.phone, ada.email, editing.phones_naming(ada)) == (
        "+4915100000003",
        "new@example.com",
        ["+4915100000003"],
    )
    assert (twin.phone, editing.phones_naming(twin)) == (
        "+4915100000002",
        ["+4915100000002"],
    )


@pytest.mark.django_db
def test_main_number_that_moves_back_gives_way_to_the_former_one():
    ada, twin = make("Ada", "+4915100000001"), make("Augusta", "+4915100000002")
    event = join(ada, twin)
    ada.refresh_from_db()
    editing.set_main_phone(ada, "+4915100000002", by_id=None, now=NOW)
    undo(event, by_id=None, now=NOW)
    ada.refresh_from_db()
    assert (ada.phone, editing.phones_naming(ada)) == (
        "+4915100000001",
        ["+4915100000001"],
    )


@pytest.mark.django_db
def test_merge_is_refused_with_itself_with_one_who_is_gone_and_with_one_who_was_erased():
    ada, twin, cleo = make("Ada"), make("Augusta"), make("Cleo")
    join(ada, twin)
    Customer.objects.filter(pk=cleo.pk).update(erased_at=NOW)
    before = state()
    for keep, gone in [(ada, ada), (ada, twin), (twin, ada), (ada, cleo), (cleo, ada)]:
        with pytest.raises(ActionRefusedError):
            join(keep, gone)
    with pytest.raises(ActionRefusedError):
        merge(ada.pk, 999, by_id=None, now=NOW)
    assert (state(), CustomerEvent.objects.filter(kind="merged").count()) == (before, 1)


@pytest.mark.django_db
def test_undo_is_refused_twice_and_while_the_kept_one_is_merged_away():
    ada, twin, cleo = make("Ada"), make("Augusta", "+4915100000002"), make("Cleo")
    first = join(ada, twin)
    second = join(cleo, ada)
    before = state()
    with pytest.raises(ActionRefusedError, match="Undo that merge first"):
        undo(first, by_id=None, now=NOW)
    assert state() == before
    first.refresh_from_db()
    assert first.record is not None
    undo(second, by_id=None, now=NOW)
    undo(first, by_id=None, now=NOW)
    before = state()
    for event in [first, second]:
        with pytest.raises(ActionRefusedError, match="undone already"):
            undo(event, by_id=None, now=NOW)
    assert state() == before


@pytest.mark.django_db
def test_import_that_names_the_one_who_is_gone_finds_the_one_who_stays(rules):
    first, second = bring(rules, order(1), order(2))
    join(first.customer, second.customer)
    newer = order(2, note="new", updated_at=DAY + timedelta(minutes=1))
    [updated] = bring(rules, newer)
    assert (updated.customer, updated.store_note, updated.customer_name) == (
        first.customer,
        "new",
        "Ada Nr1",
    )
    [third] = bring(
        rules,
        order(
            3,
            contact=ContactDetails(
                key="shopify:1:2", first_name="Ada", last_name="Nr2"
            ),
        ),
    )
    [fourth] = bring(
        rules, order(4, contact=ContactDetails(phone="0151 12345002", country="DE"))
    )
    assert (third.customer, fourth.customer, Customer.objects.count()) == (
        first.customer,
        first.customer,
        2,
    )


@pytest.mark.django_db
def test_number_that_staff_took_from_the_one_who_is_gone_does_not_come_back_by_the_other(
    rules,
):
    first, second = bring(rules, order(1), order(2))
    with transaction.atomic():
        editing.remove_phone(second.customer, "+4915112345002", by_id=None, now=NOW)
    event = join(first.customer, second.customer)
    contact = ContactDetails(
        key="shopify:1:2", first_name="Ada", phone="+4915112345002"
    )
    bring(rules, order(3, contact=contact))
    assert editing.phones_naming(first.customer) == ["+4915112345001"]
    undo(event, by_id=None, now=NOW)
    assert first.customer.removed_keys.count() == 0
    assert second.customer.removed_keys.count() == 1


@pytest.mark.django_db
def test_queries_grow_by_the_chunk_and_not_by_the_order():
    def count(orders):
        ada, twin = make("Ada"), make("Augusta", email=f"a{orders}@example.com")
        for _ in range(orders):
            sell(twin)
        with CaptureQueriesContext(connection) as queries:
            event = join(ada, twin)
        with CaptureQueriesContext(connection) as back:
            undo(event, by_id=None, now=NOW)
        return len(queries), len(back)

    assert count(2) == count(15)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_two_merges_in_both_directions_at_once_one_wins():
    for _ in range(5):
        ada, twin = make("Ada"), make("Augusta")
        sell(ada), sell(twin)
        answers = at_once(
            lambda a=ada, b=twin: join(a, b),
            lambda a=ada, b=twin: join(b, a),
            caught=ActionRefusedError,
        )
        assert sorted(type(each).__name__ for each in answers) == [
            "ActionRefusedError",
            "CustomerEvent",
        ]
        [left] = Customer.objects.living().filter(pk__in=[ada.pk, twin.pk])
        assert left.orders.count() == 2


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_undoings_at_once_are_one():
    ada, twin = make("Ada"), make("Augusta", "+4915100000002")
    sell(twin)
    before = state()
    event = join(ada, twin)
    answers = at_once(
        *[lambda: undo(event, by_id=None, now=NOW)] * 4, caught=ActionRefusedError
    )
    names = sorted(type(each).__name__ for each in answers)
    assert names == [
        "ActionRefusedError",
        "ActionRefusedError",
        "ActionRefusedError",
        "Customer",
    ]
    assert state() == before


@pytest.mark.slow
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_merge_while_imports_run_leaves_no_order_with_the_one_who_is_gone(rules):
    for round_ in range(4):
        names = [round_ * 100 + number for number in range(1, 41)]
        contacts = [
            ContactDetails(
                key=f"shopify:1:{round_}-{n % 2}",
                first_name=f"Nr {n % 2}",
                phone=f"+49151{round_}000000{n % 2}",
            )
            for n in names
        ]
        with transaction.atomic():
            ada, twin = customers_for(contacts[:2], now=NOW).customers
        incoming = [
            order(n, contact=contact)
            for n, contact in zip(names, contacts, strict=True)
        ]

        def bring_all(incoming=incoming):
            for start in range(0, 40, 5):
                bring(rules, *incoming[start : start + 5])

        *_, event = at_once(
            bring_all,
            bring_all,
            lambda a=ada, b=twin: join(a, b),
            caught=ActionRefusedError,
        )
        assert isinstance(event, CustomerEvent)
        assert (
            ada.orders.count(),
            twin.orders.count(),
            ada.keys.count(),
            twin.keys.count(),
        ) == (40, 0, 4, 0)
        assert set(ada.orders.values_list("customer_name", flat=True)) == {ada.name}
