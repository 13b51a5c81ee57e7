"""What the web server lets in, and what it notes of it."""

import re
from datetime import timedelta
from types import SimpleNamespace
from typing import ClassVar

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import include, path, re_path
from gunicorn.app.wsgiapp import WSGIApplication
from gunicorn.config import Config

from roapp.web import secret_paths
from roapp.web.access_log import AccessLog
from roapp.web.clients import client_address
from roapp.web.secret_paths import WithoutSecrets
from roapp.web.uploads import OnlyTheLogo

EVIL = '/orders/\r\n192.0.2.9 [now] "GET /admin/" 200 1 0.1s\x1b[2J'


@pytest.fixture
def config() -> Config:
    """As gunicorn reads it from roapp.web_server."""
    application = WSGIApplication.__new__(WSGIApplication)
    application.cfg = Config()
    application.load_config_from_module_name_or_filename("python:roapp.web_server")
    return application.cfg


def line_of(config: Config, path: str, **environ: str) -> str:
    log = AccessLog(config)
    lines: list[str] = []
    log.access_log = SimpleNamespace(
        info=lambda text, atoms: lines.append(text % atoms), handlers=[1]
    )
    given = {"REQUEST_METHOD": "GET", "RAW_URI": "/", "SERVER_PROTOCOL": "HTTP/1.1"}
    answer = SimpleNamespace(status="200 OK", headers=[], sent=5)
    asked = SimpleNamespace(headers=[])
    log.access(
        answer, asked, given | {"PATH_INFO": path} | environ, timedelta(seconds=1)
    )
    (line,) = lines
    return line


def test_access_log_cannot_be_forged(config):
    assert config.logger_class is AccessLog
    line = line_of(config, EVIL, REMOTE_ADDR="192.0.2.1")
    assert line.startswith('192.0.2.1 "')
    assert '"GET /orders/%0D%0A192.0.2.9%20%5Bnow%5D%20%22GET%20/admin/%22' in line
    assert line.isprintable()


def test_access_log_names_the_client_and_not_what_it_says_of_itself(
    rf, settings, config
):
    settings.PROXY_COUNT = 1
    request = rf.get("/", REMOTE_ADDR="10.0.0.1")
    request.META["HTTP_X_FORWARDED_FOR"] = '9.9.9.9"\r\n, 192.0.2.7'
    client_address(lambda _request: None)(request)
    line = line_of(config, "/", REMOTE_ADDR=request.META["REMOTE_ADDR"])
    assert line.startswith('192.0.2.7 "')


def test_line_is_written_without_the_query(config):
    line = line_of(config, "/customers/", REMOTE_ADDR="::1", QUERY_STRING="q=Lovelace")
    assert "Lovelace" not in line


def test_form_with_a_file_is_refused_before_the_file_is_read(client, monkeypatch):
    def fail(*_args):
        raise AssertionError("a part of the file was read")

    monkeypatch.setattr(OnlyTheLogo, "receive_data_chunk", fail)
    file = SimpleUploadedFile("x.bin", b"x" * 100_000)
    for browser, url in [(client, "/orders/bulk/"), (Client(), "/login/")]:
        assert browser.post(url, {"file": file}).status_code == 400


def test_form_larger_than_two_and_a_half_megabytes_is_refused(client):
    answer = client.post("/orders/bulk/", {"query": "x" * 2_700_000})
    assert answer.status_code in {400, 413}


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/invitation/Nw/ditj0e-0123abcd/", "/invitation/Nw/[…]"),
        ("/invitation/Nw/ditj0e-0123abcd", "/invitation/Nw/[…]"),
        ("//invitation//Nw//ditj0e-0123abcd/and/more", "//invitation//Nw//[…]"),
        (
            "/stores/webhooks/toys.myshopify.com/",
            "/stores/webhooks/toys.myshopify.com/",
        ),
        ("/orders/7/", "/orders/7/"),
    ],
)
def test_access_log_hides_what_an_invitation_is_good_for(config, path, shown):
    assert f'"GET {shown}" 200' in line_of(config, path)


def test_lines_about_answers_hide_it_too(client, caplog, db):
    hidden = WithoutSecrets()
    caplog.handler.addFilter(hidden)
    try:
        client.get("/invitation/Nw/ditj0e-0123abcd/no-such-page/")
    finally:
        caplog.handler.removeFilter(hidden)
    [record] = [each for each in caplog.records if each.name == "django.request"]
    assert record.getMessage() == "Not Found: /invitation/Nw/[…]"
    assert "secrets" in settings.LOGGING["handlers"]["console"]["filters"]


class PasswordsOfTheAdministration:
    """Pages of an installation that lets admins choose a new password by mail, and of one with keys."""

    urlpatterns: ClassVar = [
        path(
            "admin/",
            include(
                (
                    [
                        path("reset/<uidb64>/<token>/", lambda _request: None),
                        re_path("^feed/(?P<key>[a-z]+)/rows/", lambda _request: None),
                    ],
                    "passwords",
                )
            ),
        )
    ]


def test_secrets_are_those_of_the_addresses_whatever_pages_there_are(settings, config):
    settings.ROOT_URLCONF = PasswordsOfTheAdministration
    secret_paths._secrets.cache_clear()
    try:
        shown = [
            line_of(config, given)
            for given in ["/admin/reset/Nw/abc-def/", "/admin/feed/abc/rows/"]
        ]
    finally:
        secret_paths._secrets.cache_clear()
    assert '"GET /admin/reset/Nw/[…]" 200' in shown[0]
    assert '"GET /admin/feed/[…]" 200' in shown[1]


def test_proxy_of_the_image_hides_them_too():
    configuration = (settings.BASE_DIR / "deploy" / "nginx.conf").read_text()
    shown = re.findall(r'"~\^/\+(\w+)/" "/\1/\[…\]";', configuration)
    pages = re.findall(r"/\+([\w-]+)/", secret_paths._secrets().pattern)
    assert set(pages) == set(shown) == {"invitation"}
    assert "$request_method $logged_uri" in configuration
