"""A demo fills a database that a demo has made, and no other."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from django.core.management.base import CommandError

from fakeshop.serving.demo_data import DEMO_DOMAIN

MARK = 0x524F4170
"""SQLite's ``application_id``, by which a file says whose it is."""


def refuse_another() -> None:
    for name in ["DATABASE_URL", "DATABASE_URL_FILE"]:
        if os.environ.get(name):
            raise CommandError(
                f"{name} is set, and the demo fills no database but its own. Start it without: "
                f"env -u {name} make run"
            )


def claim(file: Path) -> None:
    """Make ``file`` the demo's if it is new; raises CommandError if it is somebody else's."""
    try:
        with closing(sqlite3.connect(file)) as database:
            if _is_new(database) or _is_of_an_older_demo(database):
                database.execute(f"PRAGMA application_id = {MARK}")
            (mark,) = database.execute("PRAGMA application_id").fetchone()
    except sqlite3.DatabaseError:
        mark = 0
    if mark != MARK:
        raise CommandError(
            f"No demo has made {file}, so nothing in it is changed. Give the demo a folder of its own: "
            "make run VAR_DIR=/path/to/folder"
        )


def _is_new(database: sqlite3.Connection) -> bool:
    return not database.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()


def _is_of_an_older_demo(database: sqlite3.Connection) -> bool:
    """Before there was a mark, the demo's store was one."""
    stores = "integrations_storeconnection"
    tables = database.execute("SELECT 1 FROM sqlite_master WHERE name = ?", [stores])
    if not tables.fetchone():
        return False
    found = f"SELECT 1 FROM {stores} WHERE domain = ?"  # noqa: S608  a constant
    return bool(database.execute(found, [DEMO_DOMAIN]).fetchone())
