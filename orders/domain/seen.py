"""What a page showed, as it sends it back: nobody acts on a state that they have not seen (O14)."""

import json
from collections.abc import Mapping, Sequence
from hashlib import blake2b

from orders.domain.editing import EditConflictError, OrderEdit
from orders.domain.events import plain
from orders.models import Order, OrderLine

SeenLines = Mapping[int, str]
"""The line_token of each line that a page showed, by the line's id."""


def line_token(line: OrderLine) -> str:
    """Stands for everything that the page shows of a line; another one when any of it changes."""
    numbers = [plain(each) for each in (line.quantity, line.price, line.discount)]
    written_off_at = plain(line.written_off_at)
    shown = [line.name, line.product_id, line.buyer_entries, *numbers]
    return _digest([*shown, written_off_at, line.difference])


def order_token(order: Order) -> str:
    """Stands for what the page shows of the order's difference; empty if there is none."""
    return _digest(order.difference) if order.difference else ""


def _digest(shown: object) -> str:
    text = json.dumps(shown, sort_keys=True)
    return blake2b(text.encode(), digest_size=8).hexdigest()


def require_seen(lines: Sequence[OrderLine], seen: SeenLines) -> None:
    """Raise EditConflictError unless each of these lines is as the page showed it."""
    changed = [line for line in lines if seen.get(line.pk) != line_token(line)]
    if changed:
        raise EditConflictError({"lines": [line.name for line in changed]})


def require_all_seen(edit: OrderEdit, seen: SeenLines) -> None:
    """Raise EditConflictError unless the page showed exactly these lines, as they are."""
    require_seen(edit.lines, seen)
    if len(seen) != len(edit.lines):
        raise EditConflictError({"lines": [line.name for line in edit.lines]})
