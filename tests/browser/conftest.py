"""Chromium, a server with the fake shop behind it, and pages that must stay without a complaint in the
console."""

import shutil
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from threading import Thread
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection as database
from django.db import connections
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from fakeshop.records import Order
from fakeshop.shop import FakeShop
from integrations.models import Heartbeat, StoreConnection
from integrations.refresh.worker import refresh_store
from integrations.sync.polling import poll
from tests.support.chromium import CHROMIUM_IS_MISSING
from tests.support.shop import sell

PATIENCE = 15_000
"""Milliseconds that a page may take to become what a test expects."""


@pytest.fixture(scope="package")
def chromium(django_db_setup) -> Iterator[Browser]:
    """One Chromium for all browser tests of a process; each test has a context of its own in it."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip(CHROMIUM_IS_MISSING)
    first_rows = database._test_serialized_contents
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE)
        # Playwright keeps an event loop in this thread. Beside it Django refuses every query, and has other
        # connections than without it, which do not know yet what each test begins with. (By key: `database`
        # means either of them.)
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        patch.setattr(
            connections["default"],
            "_test_serialized_contents",
            first_rows,
            raising=False,
        )
        browser = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()
        connections.close_all()


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """What the console said: errors, warnings, uncaught exceptions, violations of the policy. At the end
    there must be none."""
    said: list[str] = []
    yield said
    assert said == []


def _note(complaints: list[str], message: ConsoleMessage) -> None:
    # Chromium looks for an icon by itself where a page (Django's administration) names none.
    looks_for_icon = message.location["url"].endswith("/favicon.ico")
    # htmx says so of a request that was under way when its page was left; a failed one says sendError.
    was_left = message.text.startswith(("htmx:sendAbort", "htmx:afterRequest"))
    if message.type in {"error", "warning"} and not (looks_for_icon or was_left):
        complaints.append(message.text)


@pytest.fixture
def open_as(chromium, live_server, complaints) -> Iterator[Callable[..., Page]]:
    """``open_as(user, path)``: a new window of someone who is logged in (None: nobody), at that path."""
    contexts = []

    def open_as(
        user: User | None,
        path: str = "/orders/",
        *,
        width: int = 1360,
        height: int = 900,
        **options: Any,
    ) -> Page:
        context = chromium.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": height},
            locale="en-GB",
            reduced_motion="reduce",
            **options,
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        if user is not None:
            client = Client()
            client.force_login(user)
            session = client.cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies(
                [
                    {
                        "name": settings.SESSION_COOKIE_NAME,
                        "value": session,
                        "url": live_server.url,
                    }
                ]
            )
        page = context.new_page()
        page.on("console", partial(_note, complaints))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path)
        return page

    yield open_as
    for context in contexts:
        context.close()


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch) -> None:
    """The tests are the worker: see ``work``."""
    monkeypatch.setattr("integrations.dispatch.enqueue", lambda *_args: None)


@pytest.fixture
def poll_shop(shop: FakeShop, connection: StoreConnection) -> Callable[[], None]:
    """Poll the shop, as a worker does."""

    def poll_shop() -> None:
        assert poll(connection.pk) is not None
        Heartbeat.objects.update_or_create(
            name="worker", defaults={"at": timezone.now()}
        )

    return poll_shop


@pytest.fixture
def stock(shop: FakeShop, poll_shop) -> FakeShop:
    """A shop whose thirty orders are here: #1001 to #1030, a minute apart, each with another buyer and
    total."""
    for number in range(30):
        buyer = shop.add_customer(
            f"Buyer{number:02}", "Test", phone=f"+49151000000{number:02}"
        )
        (display, battery, _cable) = shop.products.values()
        product = battery if number % 3 == 0 else display
        shop.place_order(
            [shop.line(product, number + 1)],
            buyer,
            delivery="DHL Paket",
            shipping=Decimal("4.90"),
        )
        shop.clock.forward(minutes=1)
    poll_shop()
    return shop


@pytest.fixture
def one(shop: FakeShop, poll_shop) -> Order:
    """The one order of a shop, here and there: Ada's display."""
    order = sell(shop, 0)
    poll_shop()
    return order


@pytest.fixture
def work(connection: StoreConnection) -> Callable[[], None]:
    """Do what a worker does with orders that wait for an update, in a thread as a worker of its own would."""

    def run() -> None:
        try:
            refresh_store(connection.store_id)
        finally:
            connections.close_all()

    def work() -> None:
        worker = Thread(target=run)
        worker.start()
        worker.join(30)
        assert not worker.is_alive()

    return work
