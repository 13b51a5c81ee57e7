"""No request whatever is answered with an error of ours: a generated run over every address and every form.

``ODD_REQUESTS=20000`` makes a longer run of it, with other requests each time.
"""

import os
import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.core.signals import got_request_exception
from django.db import connection, transaction
from django.test import Client
from django.test.client import ClientHandler
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from integrations.imports.lifecycle import begin_import
from integrations.models import PrivacyKind, PrivacyRequest, WebhookDelivery
from inventory.models import Product, Receipt, ReceiptLine, Warehouse
from orders.models import BulkAction, Order
from tests.support.odd_requests import OddRequest, explore, odd_requests
from tests.support.shop import connect, counts_of_poll, sell
from tests.support.users import create_user, signed_in

ASKED = int(os.environ.get("ODD_REQUESTS", "0"))
USUAL = 1_200 if connection.vendor == "postgresql" else 200
"""SQLite takes nearly everything."""
WEIGHT = 3
"""Of our own pages, against one of the administration's."""


@pytest.fixture
def busy(shop, admin_user) -> Client:
    """An installation with a row of every kind that pages are about."""
    for entries in [[], [("Device", "Fono 12")]]:
        sell(shop, entries=entries)
    sell(shop, currency="USD")
    store = connect()
    counts_of_poll(store)
    now = shop.clock.now
    receipt = Receipt.objects.create(
        warehouse=Warehouse.objects.get(), created_at=now, by=admin_user
    )
    product = Product.objects.first()
    ReceiptLine.objects.create(receipt=receipt, product=product, quantity=2)
    begin_import(store, all_since=now, by_id=admin_user.pk, now=now)
    about = {"webhook_id": "1", "received_at": now}
    WebhookDelivery.objects.create(
        connection=store, topic="orders/updated", event="order", **about
    )
    PrivacyRequest.objects.create(
        domain=store.domain, kind=PrivacyKind.EXPORT, due_at=now, **about
    )
    browser = signed_in(admin_user)
    order = Order.objects.first()
    browser.post("/orders/bulk/", {"id": [order.pk], "assignee": admin_user.pk})
    assert BulkAction.objects.exists()
    return browser


@pytest.fixture
def send(settings, busy) -> Callable[[OddRequest], int]:
    """Send a request and undo what it did; raises what the page raised."""
    settings.AXES_ENABLED = True
    people = {
        "admin": busy,
        "specialist": signed_in(create_user("ina", group="Specialist")),
        "stranger": Client(),
    }
    cookies = {
        who: "; ".join(f"{each.key}={each.value}" for each in browser.cookies.values())
        for who, browser in people.items()
    }
    handler = ClientHandler(enforce_csrf_checks=False)
    raised: list[BaseException | None] = []

    def note(**_values: Any) -> None:
        raised.append(sys.exc_info()[1])

    def send(request: OddRequest) -> int:
        raised.clear()
        with transaction.atomic():
            answer = handler(request.environ(cookies[request.who]))
            transaction.set_rollback(True)
        if raised and raised[0]:
            raise raised[0]
        return int(answer.status_code)

    got_request_exception.connect(note)
    yield send
    got_request_exception.disconnect(note)


@pytest.mark.slow
def test_no_request_is_answered_with_an_error_of_ours(send, busy):
    known = explore(busy)
    weighted = [
        route
        for route in known.values()
        for _ in range(1 if route.template.startswith("/admin/") else WEIGHT)
    ]
    people = st.sampled_from(["admin"] * 8 + ["specialist", "stranger"])

    @hypothesis_settings(
        max_examples=ASKED or USUAL,
        derandomize=not ASKED,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(odd_requests(st.sampled_from(weighted), people))
    def run(request):
        assert send(request) < 500, request

    run()
