"""People go on working while a database is upgraded, on PostgreSQL."""

import threading
import time
from collections.abc import Iterator
from io import StringIO

import psycopg
import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection

from common.management.commands.migrate import LOCK_TIMEOUT, in_one_go
from common.migrations import rewrite
from inventory.models import Product
from orders.models import Order
from tests.upgrade.versions import FIRST, empty_database
from tests.upgrade.work import FIRST_ID, LONGEST_WAIT, Work, multiply

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="locks of tables"),
]
ORDERS = 500


@pytest.fixture(scope="module")
def url(django_db_setup, django_db_blocker) -> Iterator[str]:
    """Of a database that the first test upgrades."""
    with django_db_blocker.unblock(), empty_database():
        FIRST.load()
        parts = connection.get_connection_params()
        yield psycopg.conninfo.make_conninfo(
            **{name: parts[name] for name in ["dbname", "user", "host", "port"]}
        )


class Said(StringIO):
    """What the command says, and whether it has had to wait for a table."""

    def __init__(self) -> None:
        super().__init__()
        self.waited = threading.Event()

    def write(self, text: str) -> int:
        if "Waiting (another transaction keeps a table)" in text:
            self.waited.set()
        return super().write(text)


def back_up(url: str, reading: threading.Event, enough: threading.Event) -> None:
    """Read tables in one transaction, as pg_dump does, until it is enough."""
    with psycopg.connect(url) as connection:
        connection.execute("SELECT count(*) FROM orders_order, customers_customer")
        reading.set()
        enough.wait(60)


def test_upgrade_keeps_nobody_waiting(url):
    """Not even beside a backup: a table that it reads is asked for, given up, and asked for again."""
    multiply(url, ORDERS)
    work, reading, said = Work(url), threading.Event(), Said()
    backup = threading.Thread(target=back_up, args=[url, reading, said.waited])
    backup.start()
    reading.wait()
    with work.going_on(ORDERS):
        call_command("migrate", verbosity=0, stdout=said)
    backup.join()
    assert said.waited.is_set()
    assert work.errors == []
    assert Order.objects.filter(number_digits="499").count() == 1


def test_upgrade_waits_for_no_row_while_it_keeps_others(url):
    """Somebody keeps a row for long: the rest of its chunk is free, and all are rewritten in the end."""
    rows = Product.objects.filter(pk__gte=FIRST_ID).order_by("pk")
    free, kept = rows.values_list("pk", flat=True)[:2]
    change = "UPDATE inventory_product SET stock = stock + 1 WHERE id = %s"
    changed = 0

    def work() -> None:
        nonlocal changed
        with keeping, psycopg.connect(url, autocommit=True) as working:
            working.execute(f"SET lock_timeout = '{LONGEST_WAIT}'")
            while changed < 10:
                working.execute(change, [free])
                changed += 1
                time.sleep(0.1)

    def rename(chunk: list[Product]) -> None:
        for row in chunk:
            row.name = "rewritten"

    keeping = psycopg.connect(url)
    keeping.execute(change, [kept])
    with connection.cursor() as cursor:
        working = threading.Thread(target=work)
        working.start()
        cursor.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
        rewrite(rows, ["name"], rename)
        working.join()
    assert changed == 10
    assert set(rows.values_list("name", flat=True)) == {"rewritten"}


def test_tables_are_locked_when_all_is_known(url):
    statement = "ALTER TABLE orders_store ADD COLUMN extra integer"
    with in_one_go(connection), psycopg.connect(url, autocommit=True) as other:
        with connection.schema_editor() as editor:
            editor.execute(statement)
            other.execute("SET lock_timeout = '1s'; SELECT * FROM orders_store")
            with connection.cursor() as cursor:
                cursor.execute("SELECT extra FROM orders_store LIMIT 1")
        columns = other.execute("SELECT * FROM orders_store").description
        assert columns[-1].name == "extra"
        with pytest.raises(DatabaseError), connection.schema_editor() as editor:
            editor.execute("DROP TABLE orders_store CASCADE; SELECT 1 / 0")
        assert len(other.execute("SELECT * FROM orders_store").fetchall()) == 1


def test_second_upgrade_waits_for_the_first(url, capsys):
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(7036001)")
        migrating = threading.Timer(
            1.5, lambda: other.execute("SELECT pg_advisory_unlock_all()")
        )
        migrating.start()
        began = time.monotonic()
        call_command("migrate", "sessions", verbosity=0)
        migrating.join()
    assert time.monotonic() - began > 1.5
    assert "being migrated from elsewhere; waiting." in capsys.readouterr().out
