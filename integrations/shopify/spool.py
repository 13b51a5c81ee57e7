"""Orders and their lines on this machine's disk while they are brought together: a bulk operation writes them in any order."""

import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from hashlib import blake2b
from pathlib import Path

import msgspec

KEPT_SECONDS = 86_400
"""A file that nothing was written to for so long is left over: a run that is paused fetches it again."""
TABLES = """
CREATE TABLE place (offset INTEGER, orders INTEGER, is_here INTEGER, is_whole INTEGER);
INSERT INTO place VALUES (0, 0, 0, 0);
CREATE TABLE orders (gid TEXT, changed INTEGER, number INTEGER, pieces INTEGER, text BLOB);
CREATE TABLE lines (parent TEXT, pieces INTEGER, text BLOB);
"""
INDEXES = """
CREATE UNIQUE INDEX by_change ON orders (changed, number);
CREATE INDEX by_parent ON lines (parent);
"""
Key = tuple[int, int]


class Record(msgspec.Struct, rename="camel"):
    """What of a line tells where it belongs. Without ``parent`` it is an order, else one of an order's lines."""

    id: str
    parent: str = msgspec.field(default="", name="__parentId")
    updated_at: datetime | None = None
    legacy_resource_id: str = ""
    current_quantity: int = 0
    current_subtotal_line_items_quantity: int = 0


class Spooled(msgspec.Struct, frozen=True):
    """An order with its lines, each as JSON text; ``lacks_lines`` if it has fewer pieces than it says."""

    key: Key
    text: bytes
    lines: list[bytes]
    lacks_lines: bool


class Overtaken(Exception):
    """Another worker has written to the file meanwhile."""


class Spool:
    """One export's file. Its memory does not grow with it; it outlives the process, and a kill at any moment."""

    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder / f"{blake2b(name.encode(), digest_size=16).hexdigest()}.sqlite3"

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path.touch(mode=0o600)  # Customers' data.
        database = sqlite3.connect(self.path, timeout=5, isolation_level=None)
        try:
            # A power cut may lose the file: it is fetched again.
            database.execute("PRAGMA synchronous = OFF")
            database.execute("PRAGMA temp_store = FILE")
            yield database
        finally:
            database.close()

    def place(self) -> tuple[int, int, bool, bool]:
        """The offset up to which the export is here, the orders in that, whether that is all that is to be had, and whether
        it is all there was to write."""
        if not self.path.exists():
            return 0, 0, False, False
        with self._open() as database:
            if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'place'").fetchone():
                return 0, 0, False, False
            offset, orders, is_here, is_whole = database.execute("SELECT * FROM place").fetchone()
            return offset, orders, bool(is_here), bool(is_whole)

    def add(self, records: Sequence[tuple[Record, bytes]], *, offset: int, until: int) -> None:
        """Keep these lines of the export, which stand from ``offset`` to ``until``. Raises Overtaken."""
        with self._open() as database, _at(database, offset):
            orders = [(each, text) for each, text in records if not each.parent]
            database.executemany("INSERT INTO orders VALUES (?, ?, ?, ?, ?)", map(_order_row, orders))
            database.executemany(
                "INSERT INTO lines VALUES (?, ?, ?)",
                ((each.parent, each.current_quantity, text) for each, text in records if each.parent),
            )
            database.execute("UPDATE place SET offset = ?, orders = orders + ?", [until, len(orders)])

    def close(self, *, offset: int, is_whole: bool) -> None:
        """That was all. Raises Overtaken."""
        with self._open() as database, _at(database, offset):
            for statement in INDEXES.strip().splitlines():
                database.execute(statement)
            database.execute("UPDATE place SET is_here = 1, is_whole = ?", [is_whole])

    def orders(self, *, behind: Key | None, number: int) -> Iterator[list[Spooled]]:
        """All orders from behind this one on, oldest change first, so many at once."""
        while found := self._some(behind, number):
            yield found
            behind = found[-1].key

    def _some(self, behind: Key | None, number: int) -> list[Spooled]:
        with self._open() as database:
            rows = database.execute(
                "SELECT gid, changed, number, pieces, text FROM orders WHERE (changed, number) > (?, ?) ORDER BY 2, 3 LIMIT ?",
                [*(behind or (-1, -1)), number],
            ).fetchall()
            return [_spooled(row, database.execute("SELECT text, pieces FROM lines WHERE parent = ? ORDER BY rowid", row[:1])) for row in rows]

    def delete(self) -> None:
        for path in [self.path, self.path.with_name(f"{self.path.name}-journal")]:
            path.unlink(missing_ok=True)


def _order_row(order: tuple[Record, bytes]) -> tuple[str, int, int, int, bytes]:
    record, text = order
    if record.updated_at is None:
        raise ValueError("an order without a stamp")
    number, pieces = int(record.legacy_resource_id), record.current_subtotal_line_items_quantity
    return record.id, int(record.updated_at.timestamp()), number, pieces, text


def _spooled(row: tuple[str, int, int, int, bytes], lines: Iterable[tuple[bytes, int]]) -> Spooled:
    _gid, changed, number, pieces, text = row
    found = list(lines)
    return Spooled((changed, number), text, [line for line, _ in found], sum(each for _, each in found) < pieces)


@contextmanager
def _at(database: sqlite3.Connection, offset: int) -> Iterator[None]:
    """A transaction that begins at this place and at no other."""
    database.execute("BEGIN IMMEDIATE")
    if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'place'").fetchone():
        for statement in TABLES.strip().splitlines():
            database.execute(statement)
    if database.execute("SELECT offset, is_here FROM place").fetchone() != (offset, 0):
        raise Overtaken
    yield
    database.execute("COMMIT")


def sweep(folder: Path) -> int:
    """Delete what is left over; returns how many files."""
    old = [path for path in folder.glob("*.sqlite3*") if path.stat().st_mtime < time.time() - KEPT_SECONDS]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)
