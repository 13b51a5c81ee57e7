"""All that an installation on SQLite holds goes into a PostgreSQL database that is as ``migrate`` left it."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import (
    DatabaseError,
    OperationalError,
    connection,
    connections,
    models,
    transaction,
)
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common import bulk_sql
from common.encrypted_field import unreadable_rows
from integrations.models import Heartbeat

SOURCE = "moved from"
AT_ONCE = 500
LOCK_TIMEOUT = "5s"
STILL = timedelta(minutes=1)
"""Workers that run have shown a sign of life by then."""
BY_MIGRATE = {
    "auth_group",
    "auth_group_permissions",
    "auth_permission",
    "django_content_type",
    "integrations_heartbeat",
    "inventory_warehouse",
    "orders_ordertype",
    "orders_status",
}
"""Tables that are not empty although nobody has worked here: with what ``migrate`` writes, and the workers.
"""


class CannotMove(Exception):
    """Says why, and what to do. Neither database was changed."""


def move(
    file: Path, *, now: datetime, say: Callable[[str, int], object]
) -> dict[str, int]:
    """Put all rows of the SQLite ``file`` in the place of what ``migrate`` wrote into the database "default",
    all or none; ``say`` hears of each table. Returns the number of rows by table.

    The file is only read. Secrets are encrypted anew with the newest of ENCRYPTION_KEYS.
    """
    if connection.vendor != "postgresql":
        raise CannotMove(_("DATABASE_URL must name the PostgreSQL database."))
    with _opened(file) as source:
        _check_versions(source, file)
        for alias, place in [(SOURCE, str(file)), ("default", "PostgreSQL")]:
            _check_stopped(alias, place, now)
        # Until all is there nobody sees or writes anything, and an interrupted move has not been.
        with transaction.atomic(durable=True), _unchanged(source, file):
            return _move(source, say)


@contextmanager
def _opened(file: Path) -> Iterator[BaseDatabaseWrapper]:
    if not file.is_file():
        raise CannotMove(_("There is no file %(file)s.") % {"file": file})
    given = {"ENGINE": "django.db.backends.sqlite3", "NAME": _read_only(file)}
    settings = connections.configure_settings({"default": {}, SOURCE: given})
    connections[SOURCE] = source = DatabaseWrapper(settings[SOURCE], SOURCE)
    try:
        yield source
    finally:
        source.close()
        del connections[SOURCE]


def _read_only(file: Path) -> str:
    """SQLite's address of it. Beside a file whose last changes lie in a second one SQLite has to write a
    third."""
    address = f"{file.resolve().as_uri()}?mode=ro"
    if os.access(file.resolve().parent, os.W_OK):
        return address
    changes = file.with_name(f"{file.name}-wal")
    if changes.exists() and changes.stat().st_size:
        raise CannotMove(
            _(
                "%(file)s was not closed, and its folder cannot be written to. Stop RO App there, or copy "
                "all files that begin with that name to a folder that can."
            )
            % {"file": file}
        )
    return f"{address}&immutable=1"


def _check_versions(source: BaseDatabaseWrapper, file: Path) -> None:
    """Both databases have had the migrations of this version, no more and no fewer."""
    try:
        theirs, ours = MigrationLoader(source), MigrationLoader(connection)
    except DatabaseError:
        theirs = None
    if theirs is None or not theirs.applied_migrations:
        raise CannotMove(_("%(file)s is no database of RO App.") % {"file": file})
    if not ours.disk_migrations.keys() <= ours.applied_migrations.keys():
        raise CannotMove(
            _("The PostgreSQL database is not ready: run manage.py migrate first.")
        )
    if not theirs.disk_migrations.keys() <= theirs.applied_migrations.keys():
        raise CannotMove(
            _(
                "%(file)s is of an older version of RO App. Copy it, run manage.py migrate on the copy "
                "(DATABASE_URL=sqlite:////path/to/the/copy), and move that."
            )
            % {"file": file}
        )
    known = {app for app, _name in theirs.disk_migrations}
    later = theirs.applied_migrations.keys() - theirs.disk_migrations.keys()
    if any(app in known for app, _name in later):
        raise CannotMove(
            _("%(file)s is of a newer version of RO App: install that one first.")
            % {"file": file}
        )


def _check_stopped(alias: str, place: str, now: datetime) -> None:
    beat = Heartbeat.objects.using(alias).filter(name="worker").first()
    if beat and not beat.is_ahead(now) and now - beat.at < STILL:
        raise CannotMove(
            _(
                "RO App is still at work in %(place)s. Stop web server, workers and beat (Ctrl-C ends make "
                "run), wait for a minute and start this again."
            )
            % {"place": place}
        )


def _check_secrets() -> None:
    """What cannot be read cannot be encrypted anew, and its key is about to be put away."""
    if count := unreadable_rows(SOURCE):
        raise CannotMove(
            ngettext(
                "None of ENCRYPTION_KEYS reads the credentials of %(count)s store, so nothing was moved. Put "
                "the key of the old installation behind the new one, with a comma, and start this again. If "
                "that key is lost, enter the credentials anew in the old installation first.",
                "None of ENCRYPTION_KEYS reads the credentials of %(count)s stores, so nothing was moved. "
                "Put the key of the old installation behind the new one, with a comma, and start this again. "
                "If that key is lost, enter the credentials anew in the old installation first.",
                count,
            )
            % {"count": count}
        )


@contextmanager
def _unchanged(source: BaseDatabaseWrapper, file: Path) -> Iterator[None]:
    """Read the source as it is at one moment. Raises CannotMove if somebody has written to it meanwhile."""
    before = _version_of(source)
    with transaction.atomic(SOURCE):
        yield
    if _version_of(source) != before:
        raise CannotMove(
            _(
                "Somebody wrote to %(file)s meanwhile, so nothing was moved. Stop web server, workers and "
                "beat there, and start this again."
            )
            % {"file": file}
        )


def _version_of(source: BaseDatabaseWrapper) -> int:
    """Changes whenever somebody else has written."""
    with source.cursor() as cursor:
        cursor.execute("PRAGMA data_version")
        return int(cursor.fetchone()[0])


def _move(
    source: BaseDatabaseWrapper, say: Callable[[str, int], object]
) -> dict[str, int]:
    tables = {model._meta.db_table: model for model in _models()}
    _take(tables)
    _check_secrets()
    counts = {}
    for table, model in tables.items():
        _copy(model)
        counts[table] = _counted(model)
        say(table, counts[table])
    _go_on_counting(source, tables.values())
    try:
        connection.check_constraints()
    except DatabaseError as error:
        raise _refused(str(error)) from None
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return counts


def _models() -> Iterable[type[models.Model]]:
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed and not model._meta.proxy:
            yield model


def _take(tables: dict[str, type[models.Model]]) -> None:
    """Keep everybody else out, and empty the tables if nobody has worked here yet."""
    names = ", ".join(map(connection.ops.quote_name, tables))
    with connection.cursor() as cursor:
        try:
            cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
            cursor.execute(f"LOCK TABLE {names}")
        except OperationalError:
            raise CannotMove(
                _(
                    "Somebody else works in the PostgreSQL database. Stop RO App and other moves there, and "
                    "start this again."
                )
            ) from None
        for table, model in tables.items():
            if table not in BY_MIGRATE and model._base_manager.exists():
                raise CannotMove(
                    _(
                        "The PostgreSQL database is not empty: %(table)s has rows. Name a new one in "
                        "DATABASE_URL (dropdb, createdb), run manage.py migrate, and start this again."
                    )
                    % {"table": table}
                )
        cursor.execute(f"TRUNCATE {names} RESTART IDENTITY")


def _copy(model: type[models.Model]) -> None:
    """Every column as it is: what sets itself when a row is saved does not here."""
    fields = [each for each in model._meta.local_concrete_fields if not each.generated]
    rows = model._base_manager.using(SOURCE).order_by("pk")
    values = (
        [
            field.get_db_prep_save(getattr(row, field.attname), connection)
            for field in fields
        ]
        for row in rows.iterator(AT_ONCE)
    )
    try:
        bulk_sql.insert(model, [str(field.column) for field in fields], values)
    except DatabaseError as error:
        raise _refused(f"{model._meta.db_table}: {error}") from None


def _refused(reason: str) -> CannotMove:
    """SQLite takes what PostgreSQL does not: a text that is too long, a number that is too large."""
    return CannotMove(
        _(
            "PostgreSQL refuses a row, so nothing was moved. Correct it in the old installation and start "
            "this again. It says: %(reason)s"
        )
        % {"reason": reason.strip()}
    )


def _counted(model: type[models.Model]) -> int:
    there, here = (
        model._base_manager.using(alias).count() for alias in (SOURCE, "default")
    )
    if there != here:
        raise CannotMove(
            _(
                "%(table)s has %(there)s rows and %(here)s arrived, so nothing was moved."
            )
            % {"table": model._meta.db_table, "there": there, "here": here}
        )
    return here


def _go_on_counting(
    source: BaseDatabaseWrapper, models: Iterable[type[models.Model]]
) -> None:
    """The next row gets the number that it would have got, even where the last ones were deleted."""
    with source.cursor() as cursor:
        cursor.execute("SELECT name, seq FROM sqlite_sequence WHERE seq > 0")
        last: dict[str, Any] = dict(cursor.fetchall())
    with connection.cursor() as cursor:
        for model in models:
            table, key = model._meta.db_table, model._meta.pk.column
            if table in last:
                sequence = "pg_get_serial_sequence(%s, %s)"
                cursor.execute(
                    f"SELECT setval({sequence}, %s)",
                    [connection.ops.quote_name(table), key, last[table]],
                )
