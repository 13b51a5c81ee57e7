"""Django's migrate, made for a database that people are working in."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Any, TypeVar

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.ddl_references import Statement
from django.db.backends.postgresql.schema import DatabaseSchemaEditor

from common.migrations import in_the_way

R = TypeVar("R")

LOCK_TIMEOUT = "400ms"
"""For so long a statement waits for a table, and for so long all who want the table wait behind it. A
migration may change several."""
PAUSE = 2
"""Seconds in which others get on, until the statement is tried again."""
PATIENCE = 900
"""Seconds after which somebody has to look who keeps the table."""
ONE_MIGRATES = 7_036_001
"""Key of the advisory lock."""


class InOneGo(DatabaseSchemaEditor):
    """Executes the statements of a migration when all of them are known. Between two of them Django works out
    what the models are by then, which takes longer than most statements, and what the first has locked stays
    locked until the last is done."""

    def __enter__(self) -> "InOneGo":
        super().__enter__()
        self._waiting: list[tuple[str, Sequence[object] | None]] = []
        self._collects = self.atomic_migration and not self.collect_sql
        self.connection.execute_wrappers.append(self._after_what_waits)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._collects = False
        with ExitStack() as stack:
            stack.callback(
                self.connection.execute_wrappers.remove, self._after_what_waits
            )
            stack.push(super().__exit__)
            if error is None:
                self._catch_up()
            else:
                raise error

    def execute(
        self, sql: Statement | str, params: Sequence[object] | None = ()
    ) -> None:
        if self._collects:
            self._waiting.append((str(sql), params))
        else:
            super().execute(sql, params)

    def _after_what_waits(self, execute: Callable[..., R], *query: object) -> R:
        """Whatever else asks the database, finds it as if nothing had waited."""
        self._catch_up()
        return execute(*query)

    def _catch_up(self) -> None:
        waiting, self._waiting = self._waiting, []
        for statement in waiting:
            super().execute(*statement)


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        if connection.vendor != "postgresql":
            super().handle(*args, **options)
            return
        with self._alone(connection), _lock_timeout(connection), in_one_go(connection):
            self._migrate(args, options)

    def _migrate(self, args: tuple[object, ...], options: dict[str, object]) -> None:
        """What is applied stays applied, so that each try goes on where the last one ended."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                super().handle(*args, **options)
                return
            except OperationalError as error:
                reason = in_the_way(error)
                if not reason or time.monotonic() > until:
                    raise
            self._say(f"\n  Waiting ({reason}), then trying again.")
            time.sleep(PAUSE)

    @contextmanager
    def _alone(self, connection: BaseDatabaseWrapper) -> Iterator[None]:
        """While this database is migrated from elsewhere, wait. Asking again and again, since whoever waits
        inside a statement would keep CREATE INDEX CONCURRENTLY from ending."""
        until, said = time.monotonic() + PATIENCE, False
        while not _ask(connection, "SELECT pg_try_advisory_lock(%s)"):
            if time.monotonic() > until:
                raise CommandError("This database is being migrated from elsewhere.")
            if not said:
                self._say("This database is being migrated from elsewhere; waiting.")
            said = True
            time.sleep(1)
        try:
            yield
        finally:
            _ask(connection, "SELECT pg_advisory_unlock(%s)")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _ask(connection: BaseDatabaseWrapper, sql: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(sql, [ONE_MIGRATES])
        return bool(cursor.fetchone()[0])


@contextmanager
def in_one_go(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Have this connection change tables by ``InOneGo``."""
    connection.SchemaEditorClass = InOneGo
    try:
        yield
    finally:
        del connection.SchemaEditorClass


@contextmanager
def _lock_timeout(connection: BaseDatabaseWrapper) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")
