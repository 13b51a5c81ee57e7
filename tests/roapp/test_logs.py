"""Log lines for machines."""

import json
import logging
import os
import socket
import subprocess
import sys

import pytest
from django.conf import settings
from django.core import mail
from django.http import HttpResponse
from django.test import RequestFactory

from roapp.logs import JsonLines, OfRequest, requests_numbered
from tests.support.concurrency import becomes_true

pytestmark = pytest.mark.once
CUSTOMER = "Ada Lovelace"


def line(*args, **options) -> dict:
    record = logging.getLogger("roapp.sync").makeRecord(
        "roapp.sync", logging.WARNING, __file__, 1, *args, **options
    )
    return json.loads(JsonLines().format(record))


def test_line_has_what_it_is_about_in_fields():
    about = {
        "store": 3,
        "job": 7,
        "request_id": "id-1",
        "domain": "",
        "token": "shpat_1",
    }
    told = line("import job %s: %s", (7, "busy"), None, extra=about)
    assert told.pop("time").endswith("+00:00")
    assert told == {
        "level": "WARNING",
        "logger": "roapp.sync",
        "message": "import job 7: busy",
        "store": 3,
        "job": 7,
        "request_id": "id-1",
    }


def test_text_of_several_lines_stays_one_line():
    record = logging.getLogger("x").makeRecord(
        "x", logging.ERROR, __file__, 1, "a\nb – ü", (), None
    )
    assert JsonLines().format(record).count("\n") == 0


def store_a_customer(name: str) -> None:
    try:
        int(name)
    except ValueError as error:
        raise LookupError(f"No room for {name}") from error


def test_fault_is_told_by_its_types_and_places_without_its_words():
    try:
        store_a_customer(CUSTOMER)
    except LookupError:
        told = line("It failed", (), sys.exc_info())["traceback"]
    assert told.splitlines()[0] == "LookupError"
    assert "\nValueError\n" in told
    assert told.count("in store_a_customer\n") == 2
    assert ("Lovelace" in told, "invalid literal" in told) == (False, False)


def test_wrong_host_is_refused_and_mailed_to_nobody(client, settings, caplog):
    settings.ADMINS = [("Admin", "admin@example.com")]
    answer = client.get("/orders/?q=Lovelace", headers={"Host": "evil.example.com"})
    assert answer.status_code == 400
    assert mail.outbox == []
    lines = [JsonLines().format(record) for record in caplog.records]
    assert lines
    assert not any("Lovelace" in line for line in lines)


def test_line_that_quotes_its_fault_does_not_say_its_words():
    """Celery's line of a task that failed does."""
    try:
        store_a_customer(CUSTOMER)
    except LookupError as error:
        quoted = ("task %s raised %r: %s", ("tick", error, error.__cause__))
        told = line(*quoted, sys.exc_info())
    assert told["message"] == "task tick raised LookupError: ValueError"


@pytest.mark.parametrize(
    ("given", "is_taken"),
    [("from-a-proxy_1.2", True), ("", False), ("a b", False), ("x" * 65, False)],
)
def test_request_has_the_id_of_the_proxy_or_one_of_ours(
    client, caplog, given, is_taken
):
    answer = client.get("/no/such/page", headers={"X-Request-ID": given})
    number = answer.headers["X-Request-ID"]
    assert (number == given) is is_taken
    assert is_taken or len(number) == 32


def test_line_names_the_request_in_which_it_is_written():
    def view(request):
        record = logging.makeLogRecord({"msg": "something", "levelname": "INFO"})
        OfRequest().filter(record)
        return HttpResponse(JsonLines().format(record))

    asked = RequestFactory().get("/", headers={"X-Request-ID": "from-a-proxy"})
    answer = requests_numbered(view)(asked)
    assert json.loads(answer.content)["request"] == "from-a-proxy"
    record = logging.makeLogRecord({"msg": "later"})
    OfRequest().filter(record)
    assert "request" not in json.loads(JsonLines().format(record))


@pytest.mark.slow
def test_web_server_writes_nothing_but_objects(tmp_path):
    log = tmp_path / "web.log"
    address = tmp_path / "web.sock"
    command = ["gunicorn", "--config", "python:roapp.web_server", "--workers", "1"]
    environment = {**os.environ, "LOG_FORMAT": "json", "LOG_LEVEL": "INFO"}
    with log.open("wb") as out:
        server = subprocess.Popen(
            [sys.executable, "-m", *command, "--bind", f"unix:{address}"],
            cwd=settings.BASE_DIR,
            env=environment,
            stdout=out,
            stderr=out,
        )
    try:
        assert becomes_true(address.exists), log.read_text()
        with socket.socket(socket.AF_UNIX) as asking:
            asking.connect(str(address))
            asking.sendall(
                b"GET /healthz?q=Lovelace HTTP/1.1\r\nHost: x\r\n"
                b"X-Request-ID: r-1\r\nConnection: close\r\n\r\n"
            )
            assert asking.recv(100).startswith(b"HTTP/1.1 200")
    finally:
        server.terminate()
        server.wait(30)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    [access] = [line for line in lines if line["logger"] == "gunicorn.access"]
    assert '"GET /healthz" 200' in access["message"]
    assert access["message"].endswith(" r-1")
    assert "Lovelace" not in log.read_text()
