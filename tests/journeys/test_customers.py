"""Who a store's customers are, from the shop to the page: only a valid number identifies, guests are
recognised by e-mail, and companies by their id (C2)."""

from datetime import timedelta

import pytest

from customers.models import Customer, CustomerKey
from fakeshop.records import Address
from integrations.models import StoreConnection
from integrations.platforms.errors import StoreError
from orders.models import Order
from tests.support.html import text_of
from tests.support.invariants.customers import identity_faults
from tests.support.shop import connect, counts_of_poll
from tests.support.users import signed_in

pytestmark = pytest.mark.django_db
US, VIENNA, BERLIN = (
    Address("", "", "", "1 Main St", "", "04101", "Portland", "US"),
    Address("", "", "", "Ring 1", "", "1010", "Wien", "AT"),
    Address("", "", "", "Ring 1", "", "10115", "Berlin", "DE"),
)


def buys(shop, customer=None, **values):
    shop.clock.now += timedelta(minutes=1)
    battery = list(shop.products.values())[1]
    return shop.place_order([shop.line(battery)], customer, **values)


def somebody(shop, first_name, phone, address, **values):
    """A customer whose number stands in the address."""
    known = vars(address) | {"first_name": first_name, "phone": phone}
    return shop.add_customer(first_name, "", address=Address(**known), **values)


def phones():
    rows = Customer.objects.order_by("id")
    return list(rows.values_list("first_name", "phone", "phone_typed"))


def page(client, path):
    return text_of(client.get(path).content.decode())


@pytest.fixture
def american(shop, connection):
    shop.change_shop(country="US")
    StoreConnection.objects.update(country="US")
    return shop


def test_numbers_of_zeros_identify_nobody(american, connection):
    buys(american, somebody(american, "Anna", "0000000000", US, email="a@example.com"))
    buys(american, somebody(american, "Ben", "000-000-0000", US, email="b@example.com"))
    buys(american, somebody(american, "Carl", "+10000000000", US))
    assert counts_of_poll(connection) == {"imported": 3}
    assert phones() == [
        ("Anna", "0000000000", ""),
        ("Ben", "000-000-0000", ""),
        ("Carl", "+10000000000", ""),
    ]
    assert not CustomerKey.objects.filter(key__startswith="phone:").exists()


def test_two_extensions_of_one_number_are_two_customers(
    american, connection, kim_client
):
    for first_name, extension in [("Anna", "11111"), ("Ben", "22222")]:
        phone = f"+1 207-835-4259 ext. {extension}"
        buys(american, somebody(american, first_name, phone, US))
    buys(american, somebody(american, "Carl", "207-835-4259", US))
    counts_of_poll(connection)
    assert phones() == [
        ("Anna", "+1 207-835-4259 ext. 11111", ""),
        ("Ben", "+1 207-835-4259 ext. 22222", ""),
        ("Carl", "+12078354259", "207-835-4259"),
    ]
    order = Order.objects.get(customer__first_name="Ben")
    for path in [
        "/orders/",
        order.get_absolute_url(),
        "/customers/",
        order.customer.get_absolute_url(),
        "/customers/?q=2078354259",
        "/orders/?q=%2B12078354259",
    ]:
        assert "+1 207-835-4259 ext. 22222" in page(kim_client, path), path
    html = kim_client.get("/customers/").content.decode()
    assert html.count('href="tel:+12078354259"') == 3


def test_a_number_without_prefix_is_read_where_its_address_stands(
    shop, connection, kim_client
):
    buys(shop, somebody(shop, "Anna", "0664 1234567", VIENNA))
    buys(shop, somebody(shop, "Ben", "0664 1234567", BERLIN))
    counts_of_poll(connection)
    assert phones() == [
        ("Anna", "+436641234567", "0664 1234567"),
        ("Ben", "+496641234567", "0664 1234567"),
    ]
    anna = Customer.objects.get(first_name="Anna")
    shown = "+43 664 1234567 (0664 1234567)"
    for path in [
        "/customers/?q=%2B43",
        "/customers/?q=0664+1234567",
        "/orders/?q=%2B43",
        "/orders/?q=0664+1234567",
        anna.get_absolute_url(),
        Order.objects.get(customer=anna).get_absolute_url(),
        f"/customers/{anna.pk}/merge/?with={anna.pk + 1}",
        f"/customers/{anna.pk + 1}/merge/?q=Anna",
        "/orders/find-customer/?who=Anna",
    ]:
        assert shown in page(kim_client, path), path
    assert "Ben" not in page(kim_client, "/customers/?q=%2B43")
    assert "Ben" not in page(kim_client, "/orders/?q=%2B43")


@pytest.mark.parametrize(
    ("store", "installation", "number"),
    [("AT", "DE", "+436641234567"), ("", "AT", "+436641234567")],
)
def test_without_an_address_the_stores_country_counts_then_the_installations(
    shop, connection, settings, store, installation, number
):
    settings.COUNTRY = installation
    StoreConnection.objects.update(country=store)
    buys(shop, phone="0664 1234567")
    nowhere = Address("Ben", "", phone="0664 1234568", country="")
    buys(shop, billing=nowhere)
    counts_of_poll(connection)
    assert phones() == [
        ("", number, "0664 1234567"),
        ("Ben", number[:-1] + "8", "0664 1234568"),
    ]


def test_the_stores_country_is_taken_from_the_platform(shop):
    shop.change_shop(country="AT")
    assert connect().country == "AT"


def test_what_was_typed_is_kept_of_a_second_number_too(shop, connection, kim_client):
    anna = somebody(shop, "Anna", "0664 1234567", VIENNA)
    buys(shop, anna)
    counts_of_poll(connection)
    buys(shop, anna, billing=Address("Anna", phone="0664 7654321", country="AT"))
    counts_of_poll(connection)
    [known] = Customer.objects.all()
    keys = known.keys.filter(key__startswith="phone:").order_by("key")
    assert list(keys.values_list("key", "typed")) == [
        ("phone:+436641234567", "0664 1234567"),
        ("phone:+436647654321", "0664 7654321"),
    ]
    assert "+43 664 7654321 (0664 7654321)" in page(
        kim_client, known.get_absolute_url()
    )


def test_a_customer_known_before_gets_what_was_typed_with_the_next_order(
    shop, connection
):
    anna = somebody(shop, "Anna", "0664 1234567", VIENNA)
    buys(shop, anna)
    counts_of_poll(connection)
    Customer.objects.update(phone_typed="")
    buys(shop, anna)
    counts_of_poll(connection)
    assert phones() == [("Anna", "+436641234567", "0664 1234567")]


def test_guests_with_one_address_and_no_number_are_one_customer(shop, connection):
    buys(shop, email="guest@example.com")
    buys(shop, email="Guest@Example.com", billing=Address("Gina", "Guest"))
    buys(shop, email="other@example.com")
    assert counts_of_poll(connection) == {"imported": 3}
    buys(shop, email="guest@example.com", phone="0000000000")
    counts_of_poll(connection)
    customers = Customer.objects.order_by("id")
    assert [(each.name, each.email, each.orders.count()) for each in customers] == [
        ("Gina Guest", "guest@example.com", 3),
        ("", "other@example.com", 1),
    ]


def test_an_address_names_neither_accounts_nor_guests_with_a_number(shop, connection):
    buys(shop, email="shared@example.com")
    buys(shop, shop.add_customer("Anna", "", email="shared@example.com"))
    buys(shop, email="shared@example.com", phone="+4915100000001")
    buys(shop, email="no address")
    buys(shop, email="no address")
    counts_of_poll(connection)
    assert Customer.objects.count() == 5


def test_a_company_without_a_person_is_one_customer(shop, connection, kim_client):
    acme, other = shop.add_company("Acme GmbH"), shop.add_company("Acme Nord GmbH")
    desk = Address("Erika", "Einkauf", "Acme", "Ring 1", "", "10115", "Berlin")
    desk.phone = "+4930901820"
    buys(shop, company=acme, billing=desk)
    buys(shop, company=acme)
    buys(shop, company=other, billing=desk)
    counts_of_poll(connection)
    buys(shop, company=other)
    counts_of_poll(connection)
    customers = Customer.objects.order_by("id")
    assert [(each.name, each.phone, each.orders.count()) for each in customers] == [
        ("Acme GmbH", "+4930901820", 2),
        ("Acme Nord GmbH", "+4930901820", 2),
    ]
    key = f"{connection.key}:company:{acme.id}"
    assert sorted(customers[0].keys.values_list("key", flat=True)) == [
        "phone:+4930901820",
        key,
    ]
    assert "Acme Nord GmbH" in page(kim_client, "/orders/")


def test_a_company_joins_whom_its_number_names(shop, connection):
    buys(shop, billing=Address("", "", "Acme", phone="+4930901820"))
    buys(shop, company=shop.add_company("Acme GmbH"), phone="030 901820")
    counts_of_poll(connection)
    assert Customer.objects.count() == 1


def test_a_person_who_buys_for_a_company_is_the_customer(shop, connection):
    acme = shop.add_company("Acme GmbH")
    for first_name in ["Anna", "Ben"]:
        buys(shop, shop.add_customer(first_name, ""), company=acme)
    counts_of_poll(connection)
    people = Customer.objects.order_by("id").values_list("first_name", "company")
    assert list(people) == [("Anna", "Acme GmbH"), ("Ben", "Acme GmbH")]


def test_a_shop_that_keeps_its_companies_back_loses_no_order(shop, connection):
    shop.sells_to_companies = False
    buys(shop, company=shop.add_company("Acme GmbH"), email="office@acme.example")
    buys(shop, shop.add_customer("Anna", ""))
    try:
        assert counts_of_poll(connection) == {"imported": 2}
    except StoreError as error:
        pytest.fail(error.code)
    connection.refresh_from_db()
    assert (connection.state, connection.customer_data_refused_at) == ("working", None)
    names = Customer.objects.order_by("id").values_list("first_name", "email")
    assert list(names) == [("", "office@acme.example"), ("Anna", "")]


def test_a_customer_of_whom_only_the_address_is_known_is_shown_by_it(
    shop, connection, kim_client, person
):
    buys(shop, email="only@example.com")
    counts_of_poll(connection)
    order = Order.objects.select_related("customer").get()
    customer = order.customer
    merge = f"/customers/{customer.pk}/merge/"
    for path in [
        "/orders/",
        f"/orders/?customer={customer.pk}",
        f"/orders/?customer={customer.pk}&status=999999&q=nothing",
        order.get_absolute_url(),
        "/customers/",
        "/customers/?q=only@example.com",
        customer.get_absolute_url(),
        f"/customers/{customer.pk}/edit/",
        merge,
        f"{merge}?with={Customer.objects.create(created_at=shop.clock.now).pk}",
        "/orders/find-customer/?who=only@example.com",
        f"/orders/create/?customer={customer.pk}",
    ]:
        text = page(kim_client, path)
        assert "only@example.com" in text, path
    assert "Unknown" not in page(kim_client, customer.get_absolute_url())
    assert "Unknown" not in page(kim_client, order.get_absolute_url())
    rows = kim_client.post("/orders/export/", {"id": [order.pk]})
    lines = b"".join(rows.streaming_content).decode().splitlines()
    assert lines[1].count("only@example.com") == 2
    reader = signed_in(person("reader", "orders.view_order", "customers.view_customer"))
    for path in ["/orders/", order.get_absolute_url(), customer.get_absolute_url()]:
        answer = reader.get(path)
        assert answer.status_code == 200, path
        assert "only@example.com" not in answer.content.decode(), path


def test_the_chaos_runs_rules_tell_who_was_joined_or_doubled(american, connection):
    acme = american.add_company("Acme GmbH")
    for first_name, phone in [("Anna", "0000000000"), ("Ben", "000-000-0000")]:
        buys(american, somebody(american, first_name, phone, US))
    for _ in range(2):
        buys(american, email="guest@example.com")
        buys(american, company=acme)
        family = somebody(american, "Family", "207-835-4259", US)
        buys(american, family)
    counts_of_poll(connection)
    assert Customer.objects.count() == 5
    assert list(identity_faults(american, connection)) == []
    anna, ben = Customer.objects.filter(first_name__in=["Anna", "Ben"]).order_by("id")
    Order.objects.filter(customer=ben).update(customer=anna)
    CustomerKey.objects.create(key="phone:+10000000000", customer=anna)
    guest = Order.objects.filter(customer__email="guest@example.com").first()
    Order.objects.filter(pk=guest.pk).update(customer=ben)
    first, second = list(american.customers)[1:3]
    assert list(identity_faults(american, connection)) == [
        f"customer {anna.pk} is named by +10000000000, which identifies nobody",
        f"customer {anna.pk} is ['account {first}', 'account {second}'] without a number "
        "in common",
        f"guest guest@example.com is the customers {sorted([ben.pk, guest.customer_id])}",
    ]


@pytest.mark.parametrize(
    ("locale", "language"),
    [("de", "de"), ("pt-BR", "pt"), ("FIL", "fil"), ("", ""), ("nonsense", "")],
)
def test_store_says_what_its_customer_reads(shop, connection, locale, language):
    ada = next(iter(shop.customers.values()))
    shop.place_order([shop.custom_line("Repair", "10.00")], ada, locale=locale)
    counts_of_poll(connection)
    assert Customer.objects.get().language == language
