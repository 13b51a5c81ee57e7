"""Log lines for machines."""

import json
import logging
import sys

import pytest
from django.core import mail
from django.http import HttpResponse
from django.test import RequestFactory

from roapp.operations.logs import JsonLines, OfRequest, requests_numbered

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
    entry = line("import job %s: %s", (7, "busy"), None, extra=about)
    assert entry.pop("time").endswith("+00:00")
    assert entry == {
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
        entry = line("It failed", (), sys.exc_info())["traceback"]
    assert entry.splitlines()[0] == "LookupError"
    assert "\nValueError\n" in entry
    assert entry.count("in store_a_customer\n") == 2
    assert ("Lovelace" in entry, "invalid literal" in entry) == (False, False)


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
        entry = line(*quoted, sys.exc_info())
    assert entry["message"] == "task tick raised LookupError: ValueError"


class Wrapped(Exception):
    """As Celery wraps what another process has raised."""

    def __init__(self, exc: Exception) -> None:
        super().__init__()
        self.exc = exc


def test_fault_of_another_process_is_told_without_its_words():
    fault = Wrapped(ValueError(f"No room for {CUSTOMER}"))
    told = line("It failed: %r", (fault.exc,), (Wrapped, fault, None))
    assert told["message"] == "It failed: ValueError"
    assert told["traceback"] == "Wrapped\nValueError\n"


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
