"""One HTTP exchange with Shopify, at the level of requests: what is sent where, and what the answers mean."""

import gzip
import json
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
import requests
import responses
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from requests.structures import CaseInsensitiveDict
from responses import matchers

from integrations.platforms.errors import StoreError, StoreRefused, StoreUnavailable
from integrations.platforms.tokens import StaticToken
from integrations.shopify import errors, transport
from integrations.shopify.client import ShopifyClient, grant_token
from integrations.shopify.transport import Adapter, Reply, Transport, is_shop_domain

DOMAIN = "gadget-garage.myshopify.com"
PATH = "/admin/api/2026-10/graphql.json"
URL = f"https://{DOMAIN}{PATH}"
TOKEN_URL = f"https://{DOMAIN}/admin/oauth/access_token"
DATA = {"data": {"shop": {"name": "Gadget Garage"}}}
pytestmark = pytest.mark.once


@pytest.fixture
def shopify():
    """Shopify without a network: an address that is not registered does not answer."""
    with responses.RequestsMock() as mock:
        yield mock


def post(**options: float) -> Reply:
    return Transport(DOMAIN, **options).post(
        PATH, body=b'{"query":"{shop}"}', headers={"X-Token": "t"}
    )


def client() -> ShopifyClient:
    return ShopifyClient(
        Transport(DOMAIN),
        StaticToken("demo-token"),
        version="2026-10",
        sleep=lambda _seconds: None,
    )


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        *[
            ("2", 2),
            ("2.5", 2.5),
            ("0", 0),
            ("-5", 0),
            ("nan", 0),
            ("inf", 3_600),
            ("1e9", 3_600),
        ],
        *[("soon", 0), ("", 0), ("Wed, 21 Oct 2026 07:28:00 GMT", 0)],
    ],
)
def test_retry_after_is_a_number_of_seconds_within_bounds(header, seconds):
    assert (
        Reply(429, CaseInsensitiveDict({"retry-after": header}), b"").retry_after
        == seconds
    )


def test_request_id_is_found_in_any_case_and_cut():
    assert (
        Reply(200, CaseInsensitiveDict({"x-request-ID": "a" * 100}), b"").request_id
        == "a" * 64
    )
    assert Reply(200, CaseInsensitiveDict(), b"").request_id == ""


def test_body_and_headers_are_sent_and_the_whole_answer_is_read(shopify):
    shopify.post(
        URL,
        json=DATA,
        headers={"X-Request-Id": "r-1"},
        match=[
            matchers.header_matcher({"X-Token": "t"}),
            matchers.json_params_matcher({"query": "{shop}"}),
        ],
    )
    reply = post()
    assert (reply.status, json.loads(reply.body), reply.request_id) == (
        200,
        DATA,
        "r-1",
    )


def test_compressed_answer_is_unpacked(shopify):
    packed = gzip.compress(json.dumps(DATA).encode())
    shopify.post(URL, body=packed, headers={"Content-Encoding": "gzip"})
    assert json.loads(post().body) == DATA


@pytest.mark.parametrize("status", [401, 404, 429, 500])
def test_any_status_is_an_answer(shopify, status):
    shopify.post(URL, status=status, body="no")
    assert (post().status, post().body) == (status, b"no")


def test_redirect_is_not_followed_so_the_token_stays_here(shopify):
    shopify.post(URL, status=302, headers={"Location": "https://evil.example.com/"})
    assert post().status == 302
    assert [call.request.url for call in shopify.calls] == [URL]


@pytest.mark.parametrize(
    "error",
    [
        requests.ConnectTimeout("secret"),
        requests.ReadTimeout("secret"),
        requests.ConnectionError("secret"),
        requests.exceptions.SSLError("secret"),
        OSError("secret"),
    ],
)
def test_no_answer_is_unavailable_and_quotes_nothing(shopify, error):
    shopify.post(URL, body=error)
    with pytest.raises(StoreUnavailable) as caught:
        post()
    assert (caught.value.code, str(caught.value), caught.value.__cause__) == (
        "no_answer",
        errors.DOWN,
        None,
    )


def test_connecting_and_reading_have_timeouts(shopify):
    shopify.post(
        URL,
        json=DATA,
        match=[matchers.request_kwargs_matcher({"timeout": (3.05, 15.0)})],
    )
    assert post().status == 200


def test_answer_that_takes_too_long_is_given_up(shopify):
    shopify.post(URL, json=DATA)
    with pytest.raises(StoreUnavailable) as caught:
        post(deadline=-1.0)
    assert caught.value.code == "bad_answer"


def test_answer_that_grows_too_large_while_it_is_unpacked_is_given_up(
    shopify, monkeypatch
):
    monkeypatch.setattr(transport, "MAX_BYTES", 1_000)
    shopify.post(
        URL, body=gzip.compress(b"x" * 1_001), headers={"Content-Encoding": "gzip"}
    )
    with pytest.raises(StoreUnavailable) as caught:
        post()
    assert caught.value.code == "bad_answer"


def test_answer_that_was_cut_off_is_given_up(shopify):
    shopify.post(
        URL,
        body=b'{"data"',
        headers={"Content-Length": "100"},
        auto_calculate_content_length=False,
    )
    with pytest.raises(StoreUnavailable) as caught:
        post()
    assert caught.value.code in {"bad_answer", "no_answer"}


@pytest.mark.parametrize(
    "domain",
    [
        *[
            "evil.com",
            "myshopify.com",
            "a.myshopify.com.evil.com",
            "a@b.myshopify.com",
            "a.b.myshopify.com",
        ],
        *[
            "а.myshopify.com",
            "A.myshopify.com",
            "-a.myshopify.com",
            "a.myshopify.com:443",
            "",
            "127.0.0.1",
        ],
    ],
)
def test_nothing_is_sent_to_another_host(shopify, domain):
    assert not is_shop_domain(domain)
    with pytest.raises(StoreRefused) as caught:
        Transport(domain)
    assert caught.value.code == "shop_unknown"
    assert len(shopify.calls) == 0


# The client: what a status or a body means


@pytest.mark.parametrize(
    ("status", "code", "kind", "asked"),
    [
        *[
            (401, "token_refused", StoreRefused, 1),
            (402, "shop_closed", StoreRefused, 1),
        ],
        *[(403, "forbidden", StoreRefused, 1), (404, "shop_unknown", StoreRefused, 1)],
        *[(302, "redirected", StoreRefused, 1), (423, "shop_locked", StoreRefused, 1)],
        *[
            (418, "bad_query", StoreRefused, 1),
            (430, "security_rejection", StoreUnavailable, 1),
        ],
        *[
            (429, "throttled", StoreUnavailable, 4),
            (503, "server_error", StoreUnavailable, 4),
        ],
    ],
)
def test_status_says_whether_to_try_again_or_to_ask_an_admin(
    shopify, status, code, kind, asked
):
    shopify.post(URL, status=status, headers={"X-Request-Id": "r-1"})
    with pytest.raises(kind) as caught:
        client().query("{shop}")
    assert (caught.value.code, caught.value.request_id, len(shopify.calls)) == (
        code,
        "r-1",
        asked,
    )


@pytest.mark.parametrize(
    "body", [b"<html>Down for maintenance</html>", b"", b"[" * 10_000, b'{"data": nu']
)
def test_body_that_is_no_json_is_asked_for_again_and_then_given_up(shopify, body):
    shopify.post(URL, body=body)
    with pytest.raises(StoreUnavailable) as caught:
        client().query("{shop}")
    assert (caught.value.code, len(shopify.calls)) == ("bad_answer", 4)


def test_answer_after_a_fault_is_taken(shopify):
    shopify.post(URL, status=503)
    shopify.post(
        URL,
        json=DATA,
        match=[matchers.header_matcher({"X-Shopify-Access-Token": "demo-token"})],
    )
    assert json.loads(bytes(client().query("{shop}").data)) == DATA["data"]


# Granting a token


def granted() -> tuple[str, int]:
    return grant_token(Transport(DOMAIN), "id-1", "secret-1")


def test_token_is_granted_for_client_id_and_secret(shopify):
    form = {
        "grant_type": "client_credentials",
        "client_id": "id-1",
        "client_secret": "secret-1",
    }
    answer = {"access_token": "shpat-1", "scope": "read_orders", "expires_in": 3_600}
    shopify.post(TOKEN_URL, json=answer)
    assert granted() == ("shpat-1", 3_600)
    assert dict(parse_qsl(shopify.calls[0].request.body.decode())) == form


def test_token_without_a_lifetime_lasts_a_day(shopify):
    shopify.post(TOKEN_URL, json={"access_token": "shpat-1"})
    assert granted() == ("shpat-1", 86_399)


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (
            400,
            "<h1>Oauth error app_not_installed: install it</h1>",
            "app_not_installed",
        ),
        (
            400,
            "<h1>Oauth error shop_not_permitted: another organisation</h1>",
            "other_organisation",
        ),
        (401, "<h1>Oauth error invalid_client: secret-1</h1>", "token_refused"),
        (403, "", "token_refused"),
        (302, "", "redirected"),
        (404, "", "shop_unknown"),
        (503, "", "server_error"),
        (200, "<html></html>", "bad_answer"),
        (200, '{"error": "no"}', "bad_answer"),
    ],
)
def test_token_that_is_not_granted_names_the_reason_and_quotes_nothing(
    shopify, status, body, code
):
    shopify.post(TOKEN_URL, status=status, body=body, headers={"X-Request-Id": "r-1"})
    with pytest.raises(StoreError) as caught:
        granted()
    assert (caught.value.code, caught.value.request_id) == (code, "r-1")
    assert "secret-1" not in str(caught.value)


class Greeting(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> Path:
    """A certificate for "localhost" that nobody but itself vouches for, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now - timedelta(days=1),
        not_valid_after=now + timedelta(days=1),
    )
    named = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    signed = made.add_extension(named, critical=False).sign(key, hashes.SHA256())
    file = tmp_path_factory.mktemp("tls") / "certificate.pem"
    file.write_bytes(
        signed.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return file


@pytest.fixture
def https(certificate) -> Iterator[int]:
    """The port of a server with that certificate."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Greeting) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=[0.02])
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def status(address: str, verify: bool | str) -> int:
    """Over a connection of its own, as each store has one."""
    with requests.Session() as session:
        session.trust_env = False
        session.mount("https://", Adapter())
        return session.get(address, verify=verify, timeout=5).status_code


def test_certificates_of_authorities_are_read_once_for_all_connections(
    https, certificate
):
    address, bundle = f"https://localhost:{https}/", str(certificate)
    before = transport.authorities.cache_info()
    assert [status(address, bundle) for _ in range(3)] == [200, 200, 200]
    after = transport.authorities.cache_info()
    assert (after.misses - before.misses, after.hits - before.hits) == (1, 2)


def test_server_is_refused_whose_certificate_nobody_vouches_for(https):
    with pytest.raises(requests.exceptions.SSLError, match="self-signed"):
        status(f"https://localhost:{https}/", verify=True)


def test_certificate_of_another_host_is_refused(https, certificate):
    with pytest.raises(requests.exceptions.SSLError, match="IP address mismatch"):
        status(f"https://127.0.0.1:{https}/", str(certificate))


def test_stores_are_reached_so():
    assert isinstance(Transport(DOMAIN).session.get_adapter(URL), Adapter)
