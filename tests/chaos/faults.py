"""What goes wrong on the way to the store and back: every fault of a network and a platform that is known."""

import random
import time
from datetime import timedelta

from fakeshop import faults
from fakeshop.shop import FakeShop, Request

FAULTS = [
    faults.errors("THROTTLED", "Throttled"),
    faults.errors("INTERNAL_SERVER_ERROR"),
    faults.errors("MAX_COST_EXCEEDED", "Query cost is 1200", cost=1200, maxCost=1000),
    faults.status(429, Retry_After="1"),
    faults.status(430),
    *[faults.status(code) for code in [500, 502, 503, 504]],
    faults.html(),
    faults.html(503),
    faults.raw(b""),
    faults.raw(b'{"data": {"orders": {"nodes": ['),
    faults.raw(b'{"data": null}'),
    faults.cut_off,
    faults.reset,
    faults.oversized(34, compressed=True),
    faults.drip(1.0),
]
LAG = timedelta(seconds=6)
"""How long the shop's search does not find a new order."""


class Faults:
    """Faults and slow answers at random while ``active``; afterwards the store answers well."""

    def __init__(self, shop: FakeShop, pick: random.Random) -> None:
        self.shop, self.pick, self.active = shop, pick, True
        self.polls = 0
        self.polls_at_once = 0
        """The most polls of the store that were ever under way at one time."""
        shop.search_lag = LAG
        shop.before_answer, shop.after_answer = self._before, self._after

    def clear(self) -> None:
        self.active = False
        self.shop.faults.clear()
        self.shop.failing.clear()

    def _before(self, request: Request) -> None:
        with self.shop.lock:
            if _is_poll(request):
                self.polls += 1
                self.polls_at_once = max(self.polls_at_once, self.polls)
            if self.active and not self.shop.faults and self.pick.random() < 0.06:
                self.shop.faults.append(self.pick.choice(FAULTS))

    def _after(self, request: Request) -> None:
        """The answer is fixed; what is read from it may be old when it arrives."""
        if self.active and self.pick.random() < 0.4:
            time.sleep(self.pick.uniform(0.1, 2.5))
        with self.shop.lock:
            self.polls -= _is_poll(request)


def _is_poll(request: Request) -> bool:
    """Of those who read changed orders only the poll has no end."""
    return request.operation in {
        "ChangedOrders",
        "ChangedOrdersWithoutCustomers",
    } and "updated_at:<" not in request.variables.get("query", "")
