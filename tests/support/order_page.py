"""Doing things on the order page: what is sent, and what comes back."""

import re
from html import unescape
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from customers.models import Customer
from inventory.models import StockMovement
from orders.domain.seen import line_token
from orders.models import LineWriteOff, Order, OrderEvent, OrderLine

EVERYTHING = [Order, OrderLine, LineWriteOff, OrderEvent, Customer, StockMovement]
IN_PARTS = {"HX-Request": "true"}
AROUND_LINES = [
    "order-head",
    "notices",
    "lines-title",
    "lines-foot",
    "totals",
    "feed",
]
"""The parts that come back with every act on lines."""


def as_shown(name: str, order: Order, line: OrderLine | None = None) -> dict[str, Any]:
    """What the form of this act says that the page shows, where the page was opened just now."""
    order = Order.objects.filter(pk=order.pk).first() or order
    match name:
        case "write-off" | "reverse":
            return {"shown": shown_lines(order)}
        case "line-remove":
            now = OrderLine.objects.filter(pk=line.pk if line else None).first()
            return {"seen": line_token(now) if now else ""}
        case "status" | "assignee" | "type" | "customer":
            kind = "order_type" if name == "type" else name
            return {"seen": getattr(order, f"{kind}_id") or ""}
        case "due":
            return {"seen": order.due_on or ""}
    return {}


def shown_lines(order: Order) -> list[str]:
    return [f"{line.pk}:{line_token(line)}" for line in order.lines.all()]


def post(
    client: Client,
    name: str,
    order: Order,
    line: OrderLine | None = None,
    /,
    **data: Any,
) -> HttpResponse:
    """Send it as a browser without JavaScript does, from a page opened just now if ``data`` says nothing
    else."""
    return client.post(address(name, order, line), as_shown(name, order, line) | data)


def post_in_parts(
    client: Client,
    name: str,
    order: Order,
    line: OrderLine | None = None,
    /,
    **data: Any,
) -> str:
    """Send it as htmx does; the parts that come back."""
    sent = as_shown(name, order, line) | data
    answer = client.post(address(name, order, line), sent, headers=IN_PARTS)
    assert answer.status_code == 200
    return answer.content.decode()


def address(name: str, order: Order, line: OrderLine | None = None) -> str:
    return reverse(f"orders:{name}", args=[order.pk, *([line.pk] if line else [])])


def done(client: Client, answer: HttpResponse, order: Order) -> list[str]:
    """The act leads back to the order's page: what this says."""
    assert (answer.status_code, answer.headers.get("Location")) == (
        302,
        f"/orders/{order.pk}/",
    )
    return said(client.get(answer.headers["Location"]))


def said(answer: HttpResponse) -> list[str]:
    """The messages of a page."""
    assert answer.status_code == 200
    found = re.findall(
        r'<div class="message \w+">.*?<span>(.*?)</span>',
        answer.content.decode(),
        re.DOTALL,
    )
    return [unescape(text) for text in found]


def parts_of(html: str) -> list[str]:
    """The ids of what is replaced on the page."""
    return re.findall(
        r'id="([^"]+)"[^>]* hx-swap-oob="(?:true|innerHTML|delete)"', html
    )


def value(html: str, field: str) -> str:
    """What stands in the first field of this name."""
    (tag,) = re.findall(rf'<input[^>]* name="{field}"[^>]*>', html)[:1]
    typed = re.search(r' value="([^"]*)"', tag)
    return unescape(typed[1]) if typed else ""


def state() -> list[list[Any]]:
    """Everything that an act on an order may change."""
    return [list(model.objects.order_by("pk").values()) for model in EVERYTHING]
