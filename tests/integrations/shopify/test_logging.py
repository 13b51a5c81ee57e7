"""What the log says of trouble: store and request id always, a secret or a customer never."""

import logging

import pytest

from fakeshop import faults
from integrations import tasks
from integrations.connections.connect import examine
from integrations.models import StoreConnection
from integrations.platforms.errors import StoreError
from integrations.shopify.errors import loggable
from integrations.sync import polling
from orders.domain.refresh_claim import claim_refresh
from orders.models import Order
from tests.support.shop import DOMAIN, connect, sell

SECRETS = ["demo-token", "secret-1", "a-wrong-token"]
CUSTOMER = [
    "Ada",
    "Lovelace",
    "ada@example.com",
    "15123456789",
    "0151 23456789",
    "Hauptstr",
    "10115",
]
TALKATIVE = (
    "Variable $x was ada@example.com, +49 151 23456789, 0151/23456789, "
    "shpat_0123456789abcdef0123456789abcdef"
)
FAULTS = [
    faults.status(401, faults.UNRECOGNISED, X_Request_Id="id-401"),
    faults.status(402, {"errors": "Unavailable Shop"}, X_Request_Id="id-402"),
    faults.status(403, {"errors": TALKATIVE}, X_Request_Id="id-403"),
    faults.status(404, X_Request_Id="id-404"),
    faults.status(423, X_Request_Id="id-423"),
    faults.status(429, X_Request_Id="id-429"),
    faults.status(430, X_Request_Id="id-430"),
    faults.status(503, {"errors": TALKATIVE}, X_Request_Id="id-503"),
]
OTHERS = [
    faults.errors("undefinedField", TALKATIVE),
    faults.errors("ACCESS_DENIED", TALKATIVE),
    faults.errors("SHOP_INACTIVE", TALKATIVE),
    faults.errors("INTERNAL_SERVER_ERROR", TALKATIVE),
    faults.raw(
        b'{"data": {"orders": {"nodes": [{"id": "ada@example.com", "email": "+4915123456789"}]}}}'
    ),
    faults.raw(b'{"errors": "ada@example.com is demo-token"}'),
    faults.html(200, f"<p>{TALKATIVE}</p>"),
    faults.cut_off,
    faults.reset,
]


@pytest.fixture
def log(caplog):
    caplog.set_level(logging.DEBUG)
    return caplog


def everything(caplog) -> str:
    """All that was logged, with tracebacks and arguments that the texts do not show."""
    shown = logging.Formatter("%(name)s %(message)s")
    # The database's own log of statements (DEBUG) holds values; it is on in tests only.
    records = [
        record for record in caplog.records if record.name != "django.db.backends"
    ]
    return "\n".join(f"{shown.format(record)} {record.args}" for record in records)


@pytest.mark.parametrize("number", range(len(FAULTS)))
def test_failed_request_is_logged_with_store_and_request_id(
    shop, connection, log, number
):
    log.clear()
    shop.fail_next(FAULTS[number], times=4)
    with pytest.raises(StoreError) as caught:
        polling.poll(connection.pk)
    assert caught.value.request_id.startswith("id-")
    ours = [
        record.getMessage() for record in log.records if record.name == "roapp.shopify"
    ]
    assert (
        ours[0]
        == f"{DOMAIN}: {caught.value.code} (request {caught.value.request_id}, try 1)"
    )
    assert len(ours) in {1, 4}
    [logged] = [record for record in log.records if record.name == "roapp.sync"]
    assert (logged.store, logged.domain, logged.request_id) == (
        connection.store_id,
        DOMAIN,
        caught.value.request_id,
    )


def test_answer_that_makes_no_sense_is_logged_with_store_and_request_id(
    shop, connection, log
):
    # Of an order that does not say which it is, its id is asked for once more.
    for content, times in [
        ({"data": {"orders": {"nodes": "ada@example.com"}}}, 1),
        ({"data": {"orders": {"nodes": [{"id": 7}], "pageInfo": {}}}}, 2),
    ]:
        log.clear()
        shop.fail_next(faults.status(200, content, X_Request_Id="id-200"), times=times)
        with pytest.raises(StoreError) as caught:
            polling.poll(connection.pk)
        assert (caught.value.code, caught.value.request_id) == ("bad_answer", "id-200")
        logged = [
            record.getMessage()
            for record in log.records
            if record.name == "roapp.shopify"
        ]
        assert len(logged) == times
        for ours in logged:
            assert ours.startswith(f"{DOMAIN}: Shopify's answer is malformed: ")
            assert ours.endswith(" (request id-200)")


@pytest.mark.slow
@pytest.mark.once
def test_run_with_every_fault_logs_no_secret_and_no_customer(shop, db, log, settings):
    settings.ADMINS = [("Admin", "admin@example.com")]
    shop.client_id, shop.client_secret = "id-1", "secret-1"
    for options in [
        {},
        {"token": None, "client_id": "id-1", "client_secret": "secret-1"},
    ]:
        connection = connect(**options)
        sell(shop, 0, note="For Ada Lovelace")
        tasks.poll_stores(connection.pk)
        for fault in [*FAULTS, *OTHERS]:
            for work in [_poll, _refresh, _check]:
                shop.fail_next(fault, times=4)
                work(StoreConnection.objects.select_related("store").get())
                shop.faults.clear()
        shop.customer_data = "fields_refused"
        _poll(connection)
        shop.customer_data = "open"
    logged = everything(log)
    assert logged.count("roapp.shopify") == 226
    granted = StoreConnection.objects.get().granted_token
    assert [
        word for word in [*SECRETS, *CUSTOMER, granted, "shpat_"] if word in logged
    ] == []


def _poll(connection: StoreConnection) -> None:
    StoreConnection.objects.update(
        state="working",
        rate_limited_until=None,
        due_at=connection.connected_at,
        leased_until=None,
    )
    tasks.poll_stores(connection.pk)


def _refresh(connection: StoreConnection) -> None:
    StoreConnection.objects.update(state="working", rate_limited_until=None)
    claim_refresh(
        Order.objects.values_list("pk", flat=True),
        by_id=None,
        now=connection.connected_at,
    )
    tasks.refresh_store(connection.store_id)


def _check(connection: StoreConnection) -> None:
    StoreConnection.objects.update(checked_at=None)
    tasks.check_store(connection.pk)
    connection.access_token = "a-wrong-token"
    with pytest.raises(StoreError):
        examine(connection)


@pytest.mark.parametrize(
    ("said", "logged"),
    [
        (
            "Field 'x' doesn't exist on type 'Order'",
            "Field 'x' doesn't exist on type 'Order'",
        ),
        (
            "Required access: `read_orders` access scope.",
            "Required access: `read_orders` access scope.",
        ),
        ("Mail ada@example.com now", "Mail … now"),
        ("call +49 (151) 234-567 89 or 0151/23456789", "call … or …"),
        ("token shpat_0123456789abcdef0123456789abcdef", "token …"),
        (
            "Query cost is 2003, which exceeds 1000",
            "Query cost is 2003, which exceeds 1000",
        ),
        ("x" * 19 + " " + "y" * 400, "x" * 19 + " …"),
    ],
)
def test_what_is_loggable_of_a_message(said, logged):
    assert loggable(said) == logged
