"""The proxy of deploy/nginx.conf hands whole requests to RO App, and no other."""

import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.support.postgres import free_port

CONFIGURATION = Path(__file__).resolve().parents[2] / "deploy" / "nginx.conf"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin")
pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(not NGINX, reason="needs nginx"),
    pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl"),
]


class OneAtATime(BaseHTTPRequestHandler):
    """As little as RO App's threads can be: one. It notes what it got."""

    seen: list[tuple[str, dict[str, str], bytes]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.seen.append((self.path, dict(self.headers), body))
        self.send_response(204)
        self.end_headers()

    def do_GET(self) -> None:
        """Hangs up without an answer."""

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def proxy(tmp_path) -> Iterator[int]:
    """The port of nginx, in front of a server that does one thing at a time."""
    app = HTTPServer(("127.0.0.1", 0), OneAtATime)
    threading.Thread(target=app.serve_forever, daemon=True).start()
    OneAtATime.seen.clear()
    subprocess.run(
        [
            *["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"],
            *["-subj", "/CN=localhost", "-keyout", tmp_path / "privkey.pem"],
            *["-out", tmp_path / "fullchain.pem"],
        ],
        check=True,
        capture_output=True,
    )
    tls, plain = free_port(), free_port()
    changes = {
        "resolver 127.0.0.11 valid=10s;": f"client_body_temp_path {tmp_path}/body; "
        f"proxy_temp_path {tmp_path}/proxy;",
        "web:8000": f"127.0.0.1:{app.server_port}",
        "/certificates": str(tmp_path),
        "/run/nginx.pid": f"{tmp_path}/pid",
        "listen 443": f"listen 127.0.0.1:{tls}",
        "listen 80": f"listen 127.0.0.1:{plain}",
        "/dev/stdout": str(tmp_path / "access.log"),
        "/dev/stderr": str(tmp_path / "error.log"),
    }
    text = CONFIGURATION.read_text()
    for ours, theirs in changes.items():
        assert ours in text
        text = text.replace(ours, theirs)
    (tmp_path / "nginx.conf").write_text(text)
    server = subprocess.Popen(
        [NGINX, "-p", tmp_path, "-c", tmp_path / "nginx.conf", "-g", "daemon off;"],
        stderr=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", tls), 1).close()
                break
            except OSError:
                assert server.poll() is None
                assert time.monotonic() < until
                time.sleep(0.05)
        yield tls
    finally:
        server.terminate()
        server.wait(10)
        app.shutdown()
        app.server_close()


def connect(port: int) -> ssl.SSLSocket:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(socket.create_connection(("127.0.0.1", port), 5))


def request(path: str, *headers: str, method: str = "POST") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: shop.example.com", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


def test_slow_strangers_cost_no_thread(proxy):
    slow = []
    for number in range(30):
        stranger = connect(proxy)
        stranger.send(
            request("/slow", "Content-Length: 100")[: 40 if number % 2 else None]
        )
        slow.append(stranger)
    began = time.monotonic()
    with connect(proxy) as staff:
        staff.send(request("/staff", "X-Forwarded-For: 6.6.6.6", "Content-Length: 2"))
        staff.send(b"ab")
        answer = staff.recv(4_096)
    assert b"204" in answer.splitlines()[0]
    assert time.monotonic() - began < 3
    [(path, headers, body)] = OneAtATime.seen
    assert (path, body, headers["X-Forwarded-Proto"]) == ("/staff", b"ab", "https")
    assert headers["X-Forwarded-For"] == "6.6.6.6, 127.0.0.1"
    for stranger in slow:
        stranger.close()


def test_message_without_a_length_gets_one_and_a_large_one_is_refused(proxy):
    with connect(proxy) as store:
        store.send(request("/webhook", "Transfer-Encoding: chunked"))
        store.send(b"5\r\nhello\r\n0\r\n\r\n")
        assert b"204" in store.recv(4_096).splitlines()[0]
    [(_path, headers, body)] = OneAtATime.seen
    assert (headers["Content-Length"], body) == ("5", b"hello")
    with connect(proxy) as stranger:
        stranger.send(request("/upload", "Content-Length: 400000000"))
        assert b"413" in stranger.recv(4_096).splitlines()[0]
    assert len(OneAtATime.seen) == 1


def test_trouble_is_logged_without_what_is_secret_in_the_request(proxy, tmp_path):
    for path in ["/invitation/MQ/c0ffee/", "/orders/?q=Miller"]:
        with connect(proxy) as someone:
            someone.send(request(path, method="GET"))
            assert b"502" in someone.recv(4_096).splitlines()[0]
    # A line is written once its request has ended.
    until = time.monotonic() + 20
    while (access := (tmp_path / "access.log").read_text()).count("\n") < 2:
        assert time.monotonic() < until
        time.sleep(0.05)
    assert '"GET /invitation/[…]" 502' in access
    assert '"GET /orders/" 502' in access
    said = access + (tmp_path / "error.log").read_text()
    assert "c0ffee" not in said
    assert "Miller" not in said
