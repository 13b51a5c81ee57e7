"""What comes from the environment: every variable that is read refuses what it cannot be, with a sentence."""

import os
import runpy
import subprocess
import sys
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import get_connection, send_mail

from roapp import kinds, settings
from tests.support.production import PRODUCTION

pytestmark = pytest.mark.once
WRONG = {
    kinds.yes_or_no: ["maybe", "2", "truee"],
    kinds.folder: ["/dev/null/var", "/proc/no"],
    kinds.secret_key: ["short", "x" * 49],
    kinds.fernet_keys: ["build", PRODUCTION["ENCRYPTION_KEYS"] + ",", "ä" * 44, ","],
    kinds.hosts: ["https://example.com", "example.com:443", "a b", ",", "ex_ample/"],
    kinds.database: [
        "postgres",
        "mysql://a:b@c/d",
        "postgresql://host:port/name",
        "postgresql://a:b@host:5432/",
        "sqlite://",
    ],
    kinds.broker: ["valkey", "http://x", "redis://", "redis://h:x/0", "redis://h/zero"],
    kinds.origins: ["example.com", "https://", "https://a/b", "https://a:b"],
    kinds.country: ["Germany", "de", "XX"],
    kinds.time_zone: ["Berlin", "../etc/passwd", "Europe", "UTC+1"],
    kinds.currency: ["euro", "eur", "XXQ"],
    kinds.mail_server: ["smtp", "smtp://", "http://mail", "smtp://mail:port"],
    kinds.sender: ["RO App", "a@", "@b"],
    kinds.mail_addresses: ["admin", "a@example.com;b@example.com"],
    kinds.https_address: [
        "orders.example.com",
        "http://orders.example.com",
        "https://",
    ],
    kinds.quarterly_version: ["foo", "2026-11", "unstable", "2026-10-01"],
    kinds.loopback_address: ["http://10.0.0.1:80", "127.0.0.1:9292", "http://"],
    kinds.token: ["two words of a token", "wörter-sind-keine-token", "a", "x" * 15],
    kinds.log_level: ["VERBOSE", "7"],
}
CHOICES = {
    "LANGUAGE_CODE": "fr",
    "HSTS": "true",
    "LOG_FORMAT": "xml",
    "PROXY_COUNT": "-1",
    "SESSION_IDLE_HOURS": "0",
    "KEEP_LOGINS_DAYS": "0",
    "KEEP_IMPORTS_DAYS": "0",
    "KEEP_SKIPPED_DAYS": "59",
    "KEEP_WEBHOOKS_DAYS": "0",
    "KEEP_ACTIONS_DAYS": "0",
    "KEEP_PRIVACY_REQUESTS_DAYS": "0",
}
"""Variables with a kind of their own, each with a value that is none of it."""


def start(monkeypatch: pytest.MonkeyPatch, **variables: str) -> dict[str, Any]:
    """The settings of a process of production that starts with ``variables``."""
    for name in [*os.environ]:
        if name.removesuffix("_FILE") in settings.env.read:
            monkeypatch.delenv(name)
    for name, value in {**PRODUCTION, **variables}.items():
        monkeypatch.setenv(name, value)
    return runpy.run_path(settings.__file__)


def refused(monkeypatch: pytest.MonkeyPatch, **variables: str) -> str:
    with pytest.raises(ImproperlyConfigured) as caught:
        start(monkeypatch, **variables)
    return str(caught.value)


@pytest.fixture
def read(monkeypatch) -> dict:
    """The variables that production reads."""
    return start(monkeypatch)["env"].read


def test_every_variable_refuses_each_wrong_value_with_one_sentence(monkeypatch, read):
    assert {*CHOICES, *PRODUCTION, "VAR_DIR"} <= read.keys()
    for name, variable in read.items():
        values = [CHOICES[name]] if name in CHOICES else WRONG[variable.kind]
        for value in values:
            sentence = refused(monkeypatch, **{name: value})
            assert sentence.startswith(f"{name} must "), (name, value)
            assert (sentence.endswith("."), ". " in sentence) == (True, False)
            assert (f"“{value}”" in sentence) != variable.secret, sentence


def test_every_variable_that_is_empty_has_its_default(monkeypatch, read):
    nothing = {name: "" for name in read if name not in PRODUCTION}
    fresh, empty = start(monkeypatch), start(monkeypatch, **nothing)
    kept = {name for name in fresh if name.isupper() and name != "TEMPLATES"}
    assert {name for name in kept if fresh[name] != empty[name]} == set()


def test_secrets_and_nothing_else_may_lie_in_files(monkeypatch, read, tmp_path):
    secret = {name for name, variable in read.items() if variable.secret}
    assert secret == {
        "SECRET_KEY",
        "ENCRYPTION_KEYS",
        "DATABASE_URL",
        "REDIS_URL",
        "EMAIL_URL",
        "METRICS_TOKEN",
    }
    file = tmp_path / "secret"
    file.write_text(f"{PRODUCTION['SECRET_KEY']}-from-a-file\n")
    changed = {"SECRET_KEY": "", "SECRET_KEY_FILE": str(file)}
    started = start(monkeypatch, **changed)
    assert started["SECRET_KEY"] == f"{PRODUCTION['SECRET_KEY']}-from-a-file"


@pytest.mark.parametrize("name", PRODUCTION)
def test_file_of_a_secret_must_be_there_and_alone(monkeypatch, read, name, tmp_path):
    if not read[name].secret:
        return
    missing = {f"{name}_FILE": str(tmp_path / "missing")}
    assert (
        refused(monkeypatch, **missing)
        == f"{name} and {name}_FILE are both set, and only one of them may be."
    )
    sentence = refused(monkeypatch, **missing, **{name: ""})
    assert sentence.startswith(f"{name}_FILE must name a file that RO App may read")


@pytest.mark.parametrize(
    ("choice", "header"),
    [
        ("", "max-age=31536000"),
        ("subdomains", "max-age=31536000; includeSubDomains"),
        ("preload", "max-age=31536000; includeSubDomains; preload"),
        ("off", None),
    ],
)
@pytest.mark.django_db
def test_owner_chooses_how_far_https_alone_reaches(
    monkeypatch, client, settings, choice, header
):
    for name, value in start(monkeypatch, HSTS=choice).items():
        if name.startswith("SECURE_HSTS"):
            setattr(settings, name, value)
    answer = client.get("/login/", secure=True)
    assert answer.headers.get("Strict-Transport-Security") == header


@pytest.mark.slow
@pytest.mark.parametrize(
    "program", [["manage.py", "check"], ["-m", "celery", "-A", "roapp", "worker"]]
)
def test_program_with_a_wrong_setting_ends_with_the_sentence_alone(program):
    ended = subprocess.run(
        [sys.executable, *program],
        cwd=settings.BASE_DIR,
        env=os.environ | {"HTTPS_ONLY": "maybe"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    sentence = "HTTPS_ONLY must be true or false; it is “maybe”.\n"
    assert (ended.returncode, ended.stderr, ended.stdout) == (1, sentence, "")


def test_mail_without_a_server_is_one_line_without_addresses_and_words(
    monkeypatch, read, caplog
):
    backend = start(monkeypatch)["EMAIL_BACKEND"]
    assert backend == "roapp.operations.logged_mail.LoggedMail"
    assert start(monkeypatch, EMAIL_URL="consolemail://")["EMAIL_BACKEND"] == backend
    assert start(monkeypatch, DEBUG="1")["EMAIL_BACKEND"].endswith(
        "console.EmailBackend"
    )
    assert start(monkeypatch, EMAIL_URL="smtp://mail.example.com")[
        "EMAIL_BACKEND"
    ].endswith("smtp.EmailBackend")
    caplog.set_level("INFO")
    sent = send_mail(
        "Invitation",
        "https://shop.example.com/invitation/Nw/ditj0e/",
        "a@example.com",
        ["ada@example.com", "bo@example.com"],
        connection=get_connection(backend),
    )
    assert sent == 1
    [record] = caplog.records
    assert record.getMessage() == (
        "mail “Invitation” to 2 recipients was not sent: EMAIL_URL names no mail server"
    )
