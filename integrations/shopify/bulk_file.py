"""Orders and their lines on this machine's disk while they are brought together: a bulk operation writes them
in any order."""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from hashlib import blake2b
from pathlib import Path

import msgspec

from integrations.shopify.responses import (
    NONE,
    Moment,
    is_moment,
    number_of,
    readable,
)

RETENTION_SECONDS = 2 * 86_400
"""A file that nothing was written to for so long is left over; a run that still needs it fetches it again."""
DAY_SECONDS = 86_400
TABLES = """
CREATE TABLE place (offset INTEGER, is_here INTEGER, is_whole INTEGER, newest INTEGER, in_order INTEGER);
INSERT INTO place VALUES (0, 0, 0, 0, 1);
CREATE TABLE orders (number INTEGER PRIMARY KEY, changed INTEGER, pieces INTEGER, text BLOB);
CREATE INDEX by_change ON orders (changed, number);
CREATE TABLE lines (parent INTEGER, number INTEGER, pieces INTEGER, text BLOB, PRIMARY KEY (parent, number)) WITHOUT ROWID;
"""
Key = tuple[int, int]
BEFORE_ALL = (-1, -1)


class Record(msgspec.Struct, rename="camel"):
    """What of a line of the file tells where it belongs. Without ``parent`` it is an order, else one of an
    order's lines. What makes no sense beside that spoils no more than the order."""

    id: str
    parent: str = msgspec.field(default="", name="__parentId")
    updated_at: msgspec.Raw = NONE
    current_quantity: msgspec.Raw = NONE
    current_subtotal_line_items_quantity: msgspec.Raw = NONE

    @property
    def number(self) -> int:
        return _column(int(number_of(self.id)))

    @property
    def changed(self) -> int:
        """In seconds; 0 if the date makes no sense, as one of days ahead does not."""
        at = readable(self.updated_at, Moment)
        seconds = int(at.timestamp()) if at and is_moment(at) else 0
        return seconds if seconds < time.time() + DAY_SECONDS else 0

    @property
    def pieces(self) -> int:
        """Of a line, or of an order's lines together; 0 if the number makes no sense."""
        stated = (
            self.current_quantity
            if self.parent
            else self.current_subtotal_line_items_quantity
        )
        number = readable(stated, int) or 0
        return number if abs(number) < 2**31 else 0


def _column(number: int) -> int:
    """The same number. Raises ValueError for one that SQLite has no room for."""
    if abs(number) >= 2**62:
        raise ValueError("a number is far too large")
    return number


class Spooled(msgspec.Struct, frozen=True):
    """An order with its lines by their ids, each as JSON text; ``lacks_lines`` if it has fewer pieces than it
    says."""

    key: Key
    text: bytes
    lines: list[bytes]
    lacks_lines: bool


class Place(msgspec.Struct, frozen=True):
    """How much of the export is here: its bytes up to ``offset``; ``is_here`` if that is all that is to be
    had, ``is_whole`` if it is all there was to write. ``in_order``: each order stood behind those that
    changed before it."""

    offset: int = 0
    is_here: bool = False
    is_whole: bool = False
    newest: int = 0
    in_order: bool = True


class ConcurrentWriteError(Exception):
    """Another worker has written to the file meanwhile."""


class Spool:
    """One export's file. Its memory does not grow with it; it outlives the process, and a kill at any
    moment."""

    def __init__(self, folder: Path, name: str) -> None:
        self.path = (
            folder / f"{blake2b(name.encode(), digest_size=16).hexdigest()}.sqlite3"
        )

    def place(self) -> Place:
        if not self.path.exists():
            return Place()
        try:
            with self._open() as database:
                return _place(database)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:  # It is damaged: a power cut, for example.
            self.delete()
            return Place()

    def add(
        self, records: Sequence[tuple[Record, bytes]], *, offset: int, until: int
    ) -> None:
        """Keep these lines of the export, which stand from ``offset`` to ``until``. Raises ConcurrentWriteError, and
        ValueError for one that is no order and no line."""
        orders = [
            (each.number, each.changed, each.pieces, text)
            for each, text in records
            if not each.parent
        ]
        lines = [
            (_column(int(number_of(each.parent))), each.number, each.pieces, text)
            for each, text in records
            if each.parent
        ]
        with self._open() as database, _at(database, offset) as place:
            timestamps = [place.newest, *(changed for _, changed, *_ in orders)]
            database.executemany(
                "INSERT OR REPLACE INTO orders VALUES (?, ?, ?, ?)", orders
            )
            database.executemany(
                "INSERT OR REPLACE INTO lines VALUES (?, ?, ?, ?)", lines
            )
            in_order = place.in_order and timestamps == sorted(timestamps)
            database.execute(
                "UPDATE place SET offset = ?, newest = ?, in_order = ?",
                [until, max(timestamps), in_order],
            )

    def close(self, *, offset: int, is_whole: bool) -> None:
        """That was all. Raises ConcurrentWriteError."""
        with self._open() as database, _at(database, offset):
            database.execute("UPDATE place SET is_here = 1, is_whole = ?", [is_whole])

    def orders(
        self, *, behind: Key = BEFORE_ALL, number: int
    ) -> Iterator[list[Spooled]]:
        """All orders from behind this one on, oldest change first, so many at once."""
        while found := self._some(behind, number):
            yield found
            behind = found[-1].key

    def delete(self) -> None:
        for path in self.path.parent.glob(f"{self.path.name}*"):
            path.unlink(missing_ok=True)

    def _some(self, behind: Key, number: int) -> list[Spooled]:
        with self._open() as database:
            rows = database.execute(
                "SELECT changed, number, pieces, text FROM orders WHERE (changed, number) > (?, ?) ORDER BY "
                "1, 2 LIMIT ?",
                [*behind, number],
            ).fetchall()
            return [_spooled(row, _lines_of(database, row[1])) for row in rows]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path.touch(mode=0o600)  # Customers' data.
        database = sqlite3.connect(self.path, timeout=5, isolation_level=None)
        try:
            # A power cut may lose the file: it is fetched again.
            database.execute("PRAGMA synchronous = OFF")
            yield database
        finally:
            database.close()


@contextmanager
def _at(database: sqlite3.Connection, offset: int) -> Iterator[Place]:
    """A transaction that begins at this place and at no other."""
    database.execute("BEGIN IMMEDIATE")
    if not _has_tables(database):
        for statement in TABLES.strip().splitlines():
            database.execute(statement)
    place = _place(database)
    if place.offset != offset or place.is_here:
        raise ConcurrentWriteError
    yield place
    database.execute("COMMIT")


def _has_tables(database: sqlite3.Connection) -> bool:
    return (
        database.execute("SELECT 1 FROM sqlite_master WHERE name = 'place'").fetchone()
        is not None
    )


def _place(database: sqlite3.Connection) -> Place:
    if not _has_tables(database):
        return Place()
    offset, is_here, is_whole, newest, in_order = database.execute(
        "SELECT * FROM place"
    ).fetchone()
    return Place(offset, bool(is_here), bool(is_whole), newest, bool(in_order))


def _lines_of(database: sqlite3.Connection, order: int) -> list[tuple[int, bytes]]:
    return database.execute(
        "SELECT pieces, text FROM lines WHERE parent = ? ORDER BY number", [order]
    ).fetchall()


def _spooled(
    row: tuple[int, int, int, bytes], lines: Sequence[tuple[int, bytes]]
) -> Spooled:
    changed, number, pieces, text = row
    return Spooled(
        (changed, number),
        text,
        [line for _, line in lines],
        sum(count for count, _ in lines) < pieces,
    )


def sweep(folder: Path, *, erased_at: datetime | None = None) -> int:
    """Delete what is left over, or may hold data of a person who was erased since it was written; returns how
    many files."""
    before = time.time() - RETENTION_SECONDS
    if erased_at:
        before = max(before, erased_at.timestamp())
    old = [path for path in folder.glob("*.sqlite3*") if path.stat().st_mtime < before]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)
