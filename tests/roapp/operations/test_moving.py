"""From SQLite into PostgreSQL: all of it, credentials too, or nothing."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from pathlib import Path

import psycopg
import pytest
from cryptography.fernet import Fernet
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.utils import timezone, translation

from customers.models import Customer
from fakeshop.shop import FakeShop
from integrations.models import Heartbeat, StoreConnection
from orders.models import Order, OrderLine, Status
from roapp.operations import moving
from tests.support.fixtures.database import migrated_file
from tests.support.invariants.orders import violations
from tests.support.shop import connect, counts_of_poll, sell
from tests.support.stock import come_in, goods
from tests.support.users import create_user

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="moves into it"),
]


@contextmanager
def working_on(file: Path) -> Iterator[None]:
    """RO App on this SQLite database, as its settings open one."""
    usual = connections["default"]
    given = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(file),
        "OPTIONS": {"init_command": "PRAGMA journal_mode=WAL"},
    }
    values = connections.configure_settings({"default": given})
    connections["default"] = DatabaseWrapper(values["default"], "default")
    try:
        yield
    finally:
        connections["default"].close()
        connections["default"] = usual


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("var")


@pytest.fixture
def trial(tmp_path, folder, shop) -> Path:
    """An installation on SQLite: kim who manages, a store with two orders, stock, and a customer who has gone
    again. It takes a while to make, so each test gets a copy."""
    made, copy = folder / "roapp.sqlite3", tmp_path / "what was tried.sqlite3"
    if not made.exists():
        with working_on(made):
            _work(shop)
    shutil.copyfile(made, copy)
    return copy


def _work(shop: FakeShop) -> None:
    shutil.copyfile(migrated_file(), connection.settings_dict["NAME"])
    create_user("kim", group="Manager")
    store = connect()
    sell(shop, 0, 1)
    sell(shop, 2)
    assert counts_of_poll(store) == {"imported": 2}
    come_in((goods("Screen", sku="S-1"), 5))
    Status.objects.filter(name="New").update(name="Freshly come in")
    Customer.objects.create(names="gone", created_at=timezone.now()).delete()
    now = timezone.now()
    Heartbeat.objects.create(name="worker", at=now - timedelta(minutes=2))


def moved(file: Path) -> list[str]:
    out = StringIO()
    call_command("move_to_postgres", str(file), stdout=out)
    return out.getvalue().splitlines()


def refused(file: Path, match: str) -> None:
    """It is, and nothing has changed here."""
    with pytest.raises(CommandError, match=match):
        call_command("move_to_postgres", str(file), stdout=StringIO())
    assert list(connections) == ["default"]
    assert (Order.objects.count(), Status.objects.filter(name="New").count()) == (0, 1)


def test_all_moves_credentials_and_numbers_too(trial, settings):
    before = trial.read_bytes()
    old, new = settings.ENCRYPTION_KEYS, Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = [new, *old]
    said = moved(trial)
    assert {"orders_order: 2", "auth_user: 1", "inventory_stockmovement: 1"} < {*said}
    assert said[-1].endswith("tables were moved and counted again.")
    assert trial.read_bytes() == before

    settings.ENCRYPTION_KEYS = [new]
    assert StoreConnection.objects.get().access_token == "demo-token"
    kim = User.objects.get()
    assert kim.check_password("kim")
    assert kim.has_perm("orders.change_order")
    assert Status.objects.filter(name="Freshly come in").count() == 1
    assert OrderLine.objects.count() == 3
    assert violations() == []
    last = sqlite3.connect(trial).execute(
        "SELECT seq FROM sqlite_sequence WHERE name = 'customers_customer'"
    )
    later = Customer.objects.create(names="later", created_at=timezone.now())
    assert later.pk == last.fetchone()[0] + 1

    with pytest.raises(CommandError, match="is not empty: customers_customer has rows"):
        moved(trial)
    assert Customer.objects.filter(names="later").exists()


def test_key_that_is_missing_is_told_before_anything_is_moved(trial, settings):
    old, new = settings.ENCRYPTION_KEYS, Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = [new]
    refused(
        trial, "None of ENCRYPTION_KEYS reads the credentials of 1 store, so nothing"
    )
    with translation.override("de"):
        refused(
            trial, "Keiner der ENCRYPTION_KEYS liest die Zugangsdaten von 1 Geschäft"
        )
    assert not StoreConnection.objects.exists()
    settings.ENCRYPTION_KEYS = [new, *old]
    moved(trial)
    assert StoreConnection.objects.get().access_token == "demo-token"


def test_what_cannot_be_moved_is_refused_and_changes_nothing(
    trial, tmp_path, monkeypatch
):
    refused(tmp_path / "missing", "There is no file")
    other = tmp_path / "other"
    other.write_text("no database at all" * 100)
    refused(other, "is no database of RO App")
    sqlite3.connect(tmp_path / "empty").execute("CREATE TABLE a (b)")
    refused(tmp_path / "empty", "is no database of RO App")

    with sqlite3.connect(trial) as there:
        last = there.execute("SELECT max(id) FROM django_migrations").fetchone()
        applied = "UPDATE django_migrations SET name = name || ? WHERE id = ?"
        there.execute(applied, ["_", *last])
    refused(trial, "is of an older version")
    with sqlite3.connect(trial) as there:
        there.execute("UPDATE django_migrations SET name = rtrim(name, '_')")
        there.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('orders', '9999_x', '2030-01-01')"
        )
    refused(trial, "is of a newer version")
    with sqlite3.connect(trial) as there:
        there.execute("DELETE FROM django_migrations WHERE name = '9999_x'")

    # SQLite takes a text of any length.
    with sqlite3.connect(trial) as there:
        there.execute("UPDATE orders_status SET name = id || hex(zeroblob(999))")
    refused(trial, "orders_status: value too long")

    locked = tmp_path / "locked" / "roapp.sqlite3"
    locked.parent.mkdir()
    with sqlite3.connect(locked) as copy:
        there.backup(copy)
    copy.close()
    monkeypatch.setattr(os, "access", lambda path, mode: path != locked.parent)
    refused(locked, "orders_status: value too long")
    locked.with_name(f"{locked.name}-wal").write_text("changes")
    refused(locked, "was not closed, and its folder cannot be written to")


def test_nobody_may_be_at_work(trial, monkeypatch):
    with sqlite3.connect(trial) as there:
        there.execute(
            "UPDATE integrations_heartbeat SET at = ?", [str(timezone.now())[:-6]]
        )
    refused(trial, "RO App is still at work in .*what was tried")
    with sqlite3.connect(trial) as there:
        there.execute("UPDATE integrations_heartbeat SET at = '2026-01-01'")
    Heartbeat.objects.create(name="worker", at=timezone.now())
    refused(trial, "RO App is still at work in PostgreSQL")
    Heartbeat.objects.all().delete()

    monkeypatch.setattr(moving, "LOCK_TIMEOUT", "100ms")
    url = connection.get_connection_params()
    del url["cursor_factory"], url["context"]
    with psycopg.connect(**url) as other:
        other.execute("SELECT * FROM orders_order")
        refused(trial, "Somebody else works in the PostgreSQL database")

    def write(table: str, rows: int) -> None:
        with sqlite3.connect(trial) as there:
            there.execute("UPDATE integrations_heartbeat SET at = '2026-01-02'")

    with pytest.raises(moving.CannotMove, match="Somebody wrote to"):
        moving.move(trial, now=timezone.now(), say=write)
    assert (Order.objects.count(), Group.objects.count() > 0) == (0, True)
    assert moved(trial)[-1].endswith("counted again.")
