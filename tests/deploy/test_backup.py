"""What was backed up is there after it was restored."""

import os
import shutil
import subprocess
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from django.utils import timezone
from psycopg import sql

from customers.models import Customer

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="pg_dump"),
    pytest.mark.skipif(not shutil.which("pg_dump"), reason="needs pg_dump"),
]
TABLES = """
SELECT table_name FROM information_schema.tables
WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY 1
"""


def rows_of(database: psycopg.Connection) -> dict[str, int]:
    """How many rows each table has."""
    tables = [table for (table,) in database.execute(TABLES)]
    count = "SELECT count(*) FROM {}"
    return {
        table: database.execute(
            sql.SQL(count).format(sql.Identifier(table))
        ).fetchone()[0]
        for table in tables
    }


def url_of(database: str) -> str:
    parts = connection.settings_dict
    return f"postgresql://{parts['USER']}@{parts['HOST']}:{parts['PORT']}/{database}"


def run(program: str, url: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [DEPLOY / program, *map(str, arguments)],
        env={"PATH": os.environ["PATH"], "DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )


def test_backup_is_restored_whole_or_not_at_all(tmp_path):
    Customer.objects.create(
        first_name="Ada", last_name="Öztürk", created_at=timezone.now()
    )
    ours = url_of(connection.settings_dict["NAME"])
    done = run("backup.sh", ours, tmp_path)
    assert done.returncode == 0, done.stderr
    [dump] = tmp_path.iterdir()
    assert dump.stat().st_mode & 0o077 == 0

    name = f"{connection.settings_dict['NAME']}_restored"
    with psycopg.connect(ours, autocommit=True) as admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{name}"')
        admin.execute(f'CREATE DATABASE "{name}"')
        try:
            done = run("restore.sh", url_of(name), dump)
            assert done.returncode == 0, done.stderr
            with psycopg.connect(url_of(name)) as restored:
                assert rows_of(restored) == rows_of(admin)
                found = restored.execute("SELECT last_name FROM customers_customer")
                assert found.fetchall() == [("Öztürk",)]
            again = run("restore.sh", url_of(name), dump)
            assert (again.returncode, "already exists" in again.stderr) == (1, True)
        finally:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def test_backup_that_failed_leaves_no_backup(tmp_path):
    done = run("backup.sh", "postgresql://nobody@127.0.0.1:1/gone", tmp_path)
    assert (done.returncode, list(tmp_path.glob("*.dump"))) == (1, [])
