"""Searching and sorting orders as Shopify does, and the cursors of its pages."""

import base64
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from graphql import GraphQLError

from fakeshop.records import Order

Json = dict[str, Any]


def exactly(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


SORT_KEYS: dict[str, Callable[[Order], tuple[str, int]]] = {
    "CREATED_AT": lambda order: (exactly(order.created_at), order.id),
    "UPDATED_AT": lambda order: (exactly(order.updated_at), order.id),
    "ID": lambda order: ("", order.id),
}


def cursor_text(value: str, last_id: int, seen: int) -> str:
    return base64.b64encode(
        json.dumps({"last_value": value, "last_id": last_id, "seen": seen}).encode()
    ).decode()


def read_cursor(text: str | None) -> tuple[tuple[str, int] | None, int]:
    if not text:
        return None, 0
    try:
        content = json.loads(base64.b64decode(text))
        return (str(content["last_value"]), int(content["last_id"])), int(
            content["seen"]
        )
    except (ValueError, KeyError, TypeError):
        raise GraphQLError(
            "Invalid cursor for current pagination sort.",
            extensions={"code": "BAD_REQUEST"},
        ) from None


TERM = re.compile(
    r"(updated_at|created_at):(>=|<=|>|<)'([^']*)'|(id):(>=)?(\d+)|(name):'((?:[^'\\]|\\.)*)'"
    r"|(-?)(status|test|fulfillment_status|financial_status|tag_not):(\w+|'(?:[^'\\]|\\.)*')"
)


def matcher(query: str) -> Callable[[Order], bool]:
    """The search filters that the integration and the tests use: terms side by side are AND, and OR stands
    between such groups. An unknown one is an error, so that none goes unnoticed."""
    groups: list[list[Callable[[Order], bool]]] = [[]]
    rest = query.strip()
    while rest:
        match = TERM.match(rest)
        if match:
            groups[-1].append(_term(match))
        elif match := re.match(r"OR\b", rest):
            groups.append([])
        else:
            raise GraphQLError(f"This shop does not know the search filter {rest!r}.")
        rest = rest[match.end() :].lstrip()
    return lambda order: any(all(term(order) for term in group) for group in groups)


def _term(match: re.Match[str]) -> Callable[[Order], bool]:
    if match[4]:
        number = int(match[6])
        return (
            (lambda order: order.id >= number)
            if match[5]
            else (lambda order: order.id == number)
        )
    if match[7]:
        words = _words(re.sub(r"\\(.)", r"\1", match[8]))
        return lambda order: (
            bool(words)
            and all(
                any(each.startswith(word) for each in _words(order.name))
                for word in words
            )
        )
    if match[10]:
        return _state(
            match[10], re.sub(r"\\(.)", r"\1", match[11]).strip("'"), bool(match[9])
        )
    field, sign, bound = match[1], match[2], datetime.fromisoformat(match[3])

    def compare(order: Order) -> bool:
        at = getattr(order, field)
        match sign:
            case ">=":
                return bool(at >= bound)
            case ">":  # Excludes the whole second since version 2026-10.
                return bool(at.replace(microsecond=0) > bound)
            case "<=":
                return bool(at <= bound)
            case _:
                return bool(at < bound)

    return compare


def _state(field: str, value: str, is_negated: bool) -> Callable[[Order], bool]:
    """A filter by what the order is like."""

    def matches(order: Order) -> bool:
        match field:
            case "status":
                state = not (order.cancelled_at or order.closed_at)
                return state == (value == "open")
            case "test":
                return order.test == (value == "true")
            case "tag_not":
                return value.casefold() not in [tag.casefold() for tag in order.tags]
            case "fulfillment_status":
                return order.fulfillment.casefold() == value
            case _:
                return order.financial.casefold() == value

    return lambda order: matches(order) != is_negated


def _words(name: str) -> list[str]:
    """An order's name as the search compares it: word by word, by how they begin, whatever their case and
    whatever stands between them."""
    return re.findall(r"[^\W_]+", name.casefold())
