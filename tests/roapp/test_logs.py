"""Log lines for machines."""

import json
import logging
import sys

import pytest
from django.core import mail

from roapp.logs import JsonLines

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
