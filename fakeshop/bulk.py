"""Bulk operations as Shopify runs them: begun by an app, carried out while it looks, written into a file of
lines for a while."""

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from fakeshop.faults import Fault, send

Json = dict[str, Any]
EXPIRED = (
    b"<?xml version='1.0'?><Error><Code>ExpiredToken</Code><Message>The provided token has "
    b"expired.</Message></Error>"
)
Carry = Callable[[str], tuple[list[Json], str]]
"""Carries a question out: the orders with their connections, and the code of the error that ended it, or
nothing."""


@dataclass
class Operation:
    id: int
    query: str
    status: str = "CREATED"
    error_code: str | None = None
    looks: int = 0
    lines: list[bytes] = field(default_factory=list)
    roots: int = 0
    key: int = 0
    """In the file's address; an address with another one has expired."""

    @property
    def gid(self) -> str:
        return f"gid://shopify/BulkOperation/{self.id}"

    @property
    def has_ended(self) -> bool:
        return self.status not in {"CREATED", "RUNNING", "CANCELING"}


class Bulk:
    """A shop's bulk operations, and how they go."""

    def __init__(
        self, new_id: Callable[[], int], notify: Callable[[str, Json], None]
    ) -> None:
        self.new_id, self.notify = new_id, notify
        self.address = ""
        """Where the files lie, as the server knows."""
        self.operations: dict[int, Operation] = {}
        self.most_at_once = 5
        self.looks = 2
        """How often an app looks at an operation until it has ended."""
        self.refused = ""
        """The code with which no operation is begun."""
        self.ends: list[tuple[str, str, int]] = []
        """How the next ones end: status, error code, and how many lines are written until then."""
        self.shuffle: int | None = None
        """The seed of the order in which the lines stand."""
        self.keeps_files = True
        self.cuts: list[int] = []
        """After how many bytes the next downloads end."""
        self.faults: list[Fault] = []
        """In place of the next downloads."""
        self.downloads: list[str] = []
        """The Range of each download, empty for all; and the token, if one was sent."""

    # What the app asks

    def begin(self, query: str) -> Operation | str:
        """An operation, or the code of the refusal."""
        if self.refused:
            return self.refused
        if (
            sum(not each.has_ended for each in self.operations.values())
            >= self.most_at_once
        ):
            return "LIMIT_REACHED"
        made = Operation(self.new_id(), query)
        self.operations[made.id] = made
        return made

    def look(self, number: int, carry: Carry) -> Operation | None:
        found = self.operations.get(number)
        if found and not found.has_ended:
            found.looks += 1
            found.status = "RUNNING"
            if found.looks >= self.looks:
                self.finish(found, carry)
        return found

    def cancel(self, number: int) -> str:
        found = self.operations.get(number)
        if found is None or found.has_ended:
            return "A bulk operation cannot be canceled when it is completed"
        found.status = "CANCELED"
        return ""

    def fields(self, found: Operation) -> Json:
        url = (
            f"{self.address}/bulk/{found.id}/{found.key}.jsonl"
            if found.has_ended and found.lines
            else None
        )
        whole = found.status == "COMPLETED"
        return {
            "id": found.gid,
            "status": found.status,
            "errorCode": found.error_code,
            "objectCount": str(len(found.lines)),
            "rootObjectCount": str(found.roots),
            "url": url if whole else None,
            "partialDataUrl": None if whole else url,
        }

    # What happens at the platform

    def finish(self, found: Operation, carry: Carry) -> None:
        orders, error = carry(found.query)
        status, code, kept = "COMPLETED", "", None
        if error:
            status, code, kept = "FAILED", error, 0
        elif self.ends:
            status, code, kept = self.ends.pop(0)
        lines = [json.dumps(each).encode() for order in orders for each in flat(order)]
        if self.shuffle is not None:
            random.Random(self.shuffle).shuffle(lines)
        found.lines, found.roots = lines[:kept], len(orders)
        found.status, found.error_code = status, code or None
        self.notify(
            "BULK_OPERATIONS_FINISH",
            {
                "admin_graphql_api_id": found.gid,
                "status": status.lower(),
                "type": "query",
            },
        )

    def expire(self) -> None:
        """The addresses given so far lead nowhere; whoever looks again is given others."""
        for each in self.operations.values():
            each.key += 1

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        """A file, or what of it is asked for."""
        asked = handler.headers.get("Range", "")
        self.downloads.append(asked + handler.headers.get("X-Shopify-Access-Token", ""))
        if self.faults:
            return self.faults.pop(0)(handler)
        found = next(
            (
                each
                for each in self.operations.values()
                if handler.path == f"/bulk/{each.id}/{each.key}.jsonl"
            ),
            None,
        )
        if found is None or not self.keeps_files:
            return send(handler, 403, EXPIRED, "application/xml")
        content = b"".join(line + b"\n" for line in found.lines)
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        if start and start >= len(content):
            return send(handler, 416, b"", "application/xml")
        if not self.cuts:
            return send(
                handler, 206 if start else 200, content[start:], "application/jsonl"
            )
        handler.send_response(206 if start else 200)
        handler.send_header("Content-Length", str(len(content) - start))
        handler.end_headers()
        handler.wfile.write(content[start:][: self.cuts.pop(0)])
        handler.close_connection = True
        return None


def flat(node: Json) -> Iterator[Json]:
    """An object and those of its connections, each with its parent's id."""
    connections: Sequence[Json] = [
        value for value in node.values() if isinstance(value, dict) and "edges" in value
    ]
    yield {name: value for name, value in node.items() if value not in connections}
    for connection in connections:
        for edge in connection["edges"]:
            yield edge["node"] | {"__parentId": node["id"]}
