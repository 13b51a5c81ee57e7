"""A demo works with its own data, at a port of its own, and alone."""

import os
import socket
import sqlite3
import subprocess
import threading
from contextlib import closing
from pathlib import Path

import pytest
from django.core.management.base import CommandError

from fakeshop.serving import own_database, ports
from fakeshop.serving.only_one import only_one

pytestmark = pytest.mark.once


def make(file: Path, *statements: str) -> Path:
    with closing(sqlite3.connect(file)) as database:
        for each in statements:
            database.execute(each)
        database.commit()
    return file


def refusal(file: Path) -> str:
    with pytest.raises(CommandError) as error:
        own_database.claim(file)
    return str(error.value)


def test_new_database_becomes_the_demos_and_stays_it(tmp_path):
    file = tmp_path / "new #1.sqlite3"
    own_database.claim(file)
    make(file, "CREATE TABLE orders_order (id INTEGER)")
    own_database.claim(file)


def test_database_that_no_demo_has_made_is_refused_and_left_as_it_is(tmp_path):
    for file in [
        make(tmp_path / "a", "CREATE TABLE auth_user (id INTEGER)"),
        make(tmp_path / "b", "CREATE TABLE integrations_storeconnection (domain TEXT)"),
        tmp_path / "c",
    ]:
        if file.name == "c":
            file.write_text("no database at all")
        before = file.read_bytes()
        assert refusal(file) == (
            f"No demo has made {file}, so nothing in it is changed. Give the demo a folder of its own: "
            "make run VAR_DIR=/path/to/folder"
        )
        assert file.read_bytes() == before


def test_demo_of_an_earlier_version_goes_on(tmp_path):
    table = "CREATE TABLE integrations_storeconnection (domain TEXT)"
    store = "INSERT INTO integrations_storeconnection VALUES ('gadget-garage.myshopify.com')"
    file = make(tmp_path / "old", table, store)
    own_database.claim(file)
    make(file, "DELETE FROM integrations_storeconnection")
    own_database.claim(file)


@pytest.mark.parametrize("name", ["DATABASE_URL", "DATABASE_URL_FILE"])
def test_database_of_the_environment_is_refused(monkeypatch, name):
    for each in ["DATABASE_URL", "DATABASE_URL_FILE"]:
        monkeypatch.delenv(each, raising=False)
    own_database.refuse_another()
    monkeypatch.setenv(name, "postgresql://roapp@db/orders")
    with pytest.raises(CommandError) as error:
        own_database.refuse_another()
    assert str(error.value) == (
        f"{name} is set, and the demo fills no database but its own. Start it without: "
        f"env -u {name} make run"
    )


def test_port_that_was_named_is_the_one_or_none():
    with ports.first_free(20_000) as port:
        number = port.getsockname()[1]
        with ports.first_free(number) as another:
            free = another.getsockname()[1]
        with pytest.raises(CommandError) as error:
            ports.taken(number)
    assert str(error.value) == (
        f"Port {number} cannot be used (address already in use). This one can: make run PORT={free}"
    )
    with ports.taken(free) as port:
        assert port.getsockname()[1] == free


def test_next_free_port_is_taken_and_that_there_is_none_is_said(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as other:
        number = other.getsockname()[1]
        with ports.first_free(number) as port:
            assert number < port.getsockname()[1] < number + ports.PORTS_TRIED
        monkeypatch.setattr(ports, "PORTS_TRIED", 1)
        with pytest.raises(CommandError) as error:
            ports.first_free(number)
    assert str(error.value) == (
        f"None of the ports {number} to {number} is free. Name one that is: make run PORT=…"
    )


def test_what_is_no_port_is_refused():
    assert (ports.port_of(""), ports.port_of("8080")) == (None, 8080)
    for text in ["0", "65536", "-1", "abc", "٨٠٨٠", "80 80"]:
        with pytest.raises(CommandError) as error:
            ports.port_of(text)
        assert str(error.value) == (
            f"PORT must be a number from 1 to 65535; it is “{text}”."
        )


def test_second_one_is_told_where_the_first_runs(tmp_path):
    said: list[str] = []
    with only_one(tmp_path, said.append) as lock:
        lock.note("http://127.0.0.1:8000")
        with pytest.raises(CommandError) as error, only_one(tmp_path, said.append):
            pass
    assert str(error.value) == (
        f"RO App already runs at http://127.0.0.1:8000 with the data in {tmp_path}. To start it anew, "
        "stop that one first (Ctrl-C)."
    )
    with only_one(tmp_path, said.append):
        assert said == []


def test_second_one_waits_for_what_the_first_has_left_behind(tmp_path):
    said: list[str] = []
    with only_one(tmp_path, said.append) as lock:
        left = subprocess.Popen(["sleep", "60"], pass_fds=[lock.file.fileno()])
    timer = threading.Timer(0.5, left.kill)
    timer.start()
    try:
        with only_one(tmp_path, said.append):
            assert left.wait(10) == -9
    finally:
        left.kill()
        left.wait()
        timer.join()
    assert said == ["Another RO App is beginning or ending here; waiting for it …"]
    assert os.listdir(tmp_path) == ["serve.lock"]
