"""What migrations of several apps need.

Applied migrations use it too, so a function here keeps doing what it did when they ran.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.apps.registry import Apps
from django.db import DatabaseError, OperationalError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import AddIndex, RunPython
from django.db.migrations.state import ProjectState
from django.db.models import QuerySet

ACTIONS = ["add", "change", "delete", "view"]
FIRST_CHUNK, CHUNK = 25, 200
"""How many rows a chunk has at first and at most."""
CHUNK_SECONDS = 0.3
"""For about so long the rows of a chunk are locked."""
IN_THE_WAY = {"55P03": "another transaction keeps a table", "40P01": "deadlock"}
"""PostgreSQL's codes of errors after which the same statements may succeed -> what people are told."""


def install_trigrams(connection: BaseDatabaseWrapper) -> bool:
    """Whether this database can index trigrams: on PostgreSQL with the extension pg_trgm, which is installed
    where it is available and the role may do so. Without it searches are right but slow."""
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'")
        if not cursor.fetchone():
            return False
        try:
            with transaction.atomic(using=connection.alias):
                cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        except DatabaseError:
            return False
    return True


def rewrite(
    rows: "QuerySet[Any]",
    columns: Sequence[str],
    work_out: Callable[[list[Any]], None],
) -> None:
    """Have ``work_out`` set these columns of all ``rows``, and store those that it changes.

    Each chunk is a transaction of its own that locks no more than its rows, so that work goes on beside it; on
    a busy machine chunks get smaller. One with a row that somebody else keeps gives up its other rows for a
    moment. What is interrupted can be started again.
    """
    last, size = 0, FIRST_CHUNK
    while True:
        began = time.monotonic()
        try:
            pks = _rewrite_chunk(rows.filter(pk__gt=last), size, columns, work_out)
        except OperationalError as error:
            if not in_the_way(error):
                raise
            time.sleep(CHUNK_SECONDS)
            continue
        if len(pks) < size:
            return
        taken = time.monotonic() - began
        size = max(10, min(CHUNK, 2 * size, round(size * CHUNK_SECONDS / taken)))
        last = pks[-1]


def _rewrite_chunk(
    rows: "QuerySet[Any]",
    size: int,
    columns: Sequence[str],
    work_out: Callable[[list[Any]], None],
) -> list[int]:
    with transaction.atomic(using=rows.db):
        # Others may add what refers to these rows.
        locked = rows.order_by("pk").select_for_update(of=("self",), no_key=True)
        chunk = list(locked[:size])
        before = [[getattr(row, name) for name in columns] for row in chunk]
        work_out(chunk)
        changed = [
            row
            for row, values in zip(chunk, before, strict=True)
            if [getattr(row, name) for name in columns] != values
        ]
        rows.model._default_manager.using(rows.db).bulk_update(changed, columns)
        return [row.pk for row in chunk]


def in_the_way(error: OperationalError) -> str:
    """What kept a statement from success that may succeed later; empty if nothing did."""
    return IN_THE_WAY.get(getattr(error.__cause__, "sqlstate", ""), "")


@contextmanager
def patient(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Wait for locks without the timeout that ``migrate`` sets: for what nobody else has to wait behind."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('lock_timeout')")
        before = cursor.fetchone()[0]
        cursor.execute("SET lock_timeout = 0")
        try:
            yield
        finally:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [before])


def rename_permissions(app_label: str, old: str, new: str) -> RunPython:
    """Have the permissions of a model follow its new name, for whoever has them: Django renames its content
    type only. To be run after the model was renamed; ``old`` and ``new`` are verbose names."""

    def rename(old_name: str, new_name: str, apps: Apps, alias: str) -> None:
        permissions = apps.get_model("auth", "Permission").objects.using(alias)
        for action in ACTIONS:
            codename = f"{action}_{_model_name(old_name)}"
            permissions.filter(
                content_type__app_label=app_label, codename=codename
            ).update(
                codename=f"{action}_{_model_name(new_name)}",
                name=f"Can {action} {new_name}",
            )

    def forwards(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
        rename(old, new, apps, schema_editor.connection.alias)

    def backwards(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
        rename(new, old, apps, schema_editor.connection.alias)

    return RunPython(forwards, backwards)


def _model_name(verbose_name: str) -> str:
    return verbose_name.replace(" ", "")


class AddIndexWithoutLock(AddIndex):
    """Build an index while others write to the table, where the database can. The migration must not be
    atomic; an index that was left half-built when it was killed is built anew."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        schema_editor.execute(f'DROP INDEX IF EXISTS "{self.index.name}"')
        # It waits for all transactions of before, which may be long ones, and nobody waits behind it.
        with patient(schema_editor.connection):
            schema_editor.add_index(model, self.index, concurrently=True)  # type: ignore[call-arg]  # PostgreSQL's
