"""Databases of earlier versions: small ones, a file for each, with everything that waited in them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.apps.registry import Apps
from django.contrib.contenttypes.models import ContentType
from django.core.management.color import no_style
from django.db import connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Field

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Version:
    """What a commit's database held at ``now``: its rows, and the migrations that it had."""

    commit: str

    @property
    def content(self) -> dict[str, Any]:
        return json.loads((FOLDER / f"{self.commit}.json").read_text())

    @property
    def leaves(self) -> list[tuple[str, str]]:
        return [(app, name) for app, name in self.content["migrations"]]

    def load(self) -> None:
        """Have the database "default", which is empty, be one of this version."""
        executor = MigrationExecutor(connection)
        _load(executor.migrate(self.leaves).apps, self.content["tables"])


FIRST = Version("ee9806e")


@contextmanager
def empty_database() -> Iterator[None]:
    """Beside the database of the other tests, on the same engine; asking for "default" finds it."""
    usual = connections["default"]
    maker = _connect(usual, "")
    name = f"{usual.settings_dict['NAME']}_upgrade"
    if usual.vendor == "postgresql":
        with maker._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
            cursor.execute(f'CREATE DATABASE "{name}"')
    else:
        name = ":memory:"
    connections["default"] = _connect(usual, name)
    try:
        yield
    finally:
        connections["default"].close()
        connections["default"] = usual
        if usual.vendor == "postgresql":
            with maker._nodb_cursor() as cursor:
                cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _connect(usual: BaseDatabaseWrapper, name: str) -> BaseDatabaseWrapper:
    settings = {
        **deepcopy(usual.settings_dict),
        "NAME": name or usual.settings_dict["NAME"],
    }
    return type(usual)(settings, "default")


def _load(apps: Apps, tables: dict[str, dict[str, Any]]) -> None:
    """Replace whatever the migrations have put into an empty database by these rows."""
    rows_of = {apps.get_model(label): table for label, table in tables.items()}
    with transaction.atomic():
        for model in apps.get_models(include_auto_created=True):
            model._base_manager.all()._raw_delete("default")
        for model, table in rows_of.items():
            rows = []
            fields = {field.attname: field for field in model._meta.concrete_fields}
            for values in table["rows"]:
                named = zip(table["columns"], values, strict=True)
                row = {name: _read(fields[name], value) for name, value in named}
                rows.append(model(**row))
            model._base_manager.bulk_create(rows)
    with connection.cursor() as cursor:
        for sql in connection.ops.sequence_reset_sql(no_style(), list(rows_of)):
            cursor.execute(sql)
    ContentType.objects.clear_cache()


def _read(field: Field, value: object) -> object:
    if isinstance(value, dict) and value.keys() == {"hex"}:
        return bytes.fromhex(value["hex"])
    return field.to_python(value)
