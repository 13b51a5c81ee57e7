"""Requests that no browser sends, made of what the pages know: every address of the resolver, every field of
every form, and values that programs stumble over."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from io import BytesIO
from typing import Any
from urllib.parse import (
    parse_qsl,
    quote,
    quote_from_bytes,
    unquote_to_bytes,
    urljoin,
    urlsplit,
)

from django.test import Client
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve
from django.urls.resolvers import RoutePattern
from hypothesis import strategies as st

MAX_URLS = 3
"""Addresses of one route that are read: pages of the same kind ask for the same fields."""
LONG = "x" * 10_000
TEXTS = [
    "",
    " ",
    "\x00",
    "a\x00b",
    "x" * 256,
    LONG,
    "\u202e<b>",
    "Ω≈ç√ 🛠",
    "'\"`--;",
    "%",
    "\\",
    "\r\n",
    "=1+1",
    "{{ 7 }}",
    "{%",
    "%s %(x)d",
    "../../etc",
    "//evil.example",
    "javascript:alert(1)",
    "Straße",
]
NUMBERS = [
    "0",
    "-1",
    "-0",
    "1",
    "1.5",
    "1,5",
    "NaN",
    "-Infinity",
    "1e999999",
    "1e-999999",
    "9" * 5_000,
    "²",
    "١٢",
    "1_000",
    "0x10",
    "2147483648",
    "9223372036854775807",
    "9223372036854775808",
    "99999999999.999",
    "true",
]
TIMES = [
    "2026-11-20",
    "2026-02-30",
    "0000-01-01",
    "0001-01-01",
    "9999-12-31",
    "10000-01-01",
    "2026-W01-1",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "2026-11-20T25:00",
    "253402300800",
    "Mars/Base",
]
STRUCTURES = [
    "{}",
    "[]",
    "null",
    "[1]",
    '{"1": 1e999999}',
    '{"1": null}',
    '{"a": {"b": []}}',
    "[" * 3_000,
    '"\\ud800"',
    '{"1e999": "x"}',
    "1~",
    "~",
    "1~~",
    "1~9999-12-31T23:59:59+00:00",
    "1~1e999999",
    "1~\x00",
    "[1, [2]]",
]
BYTES = [b"\xff\xfe", b"\xed\xa0\x80", b"\xc3", b"\xf8\x88\x80\x80\x80"]
NASTY: list[str | bytes] = [*TEXTS, *NUMBERS, *TIMES, *STRUCTURES, *BYTES]
NAMES = [
    "q",
    "id",
    "next",
    "after",
    "before",
    "sort",
    "page",
    "seen",
    "all",
    "status",
    "o",
    "p",
    "_popup",
]
HEADERS: Mapping[str, list[str]] = {
    "HX-Request": ["true"],
    "HX-Boosted": ["true"],
    "HX-Current-URL": [
        "http://[",
        "http://testserver/orders/?id=\x00",
        "//",
        "http://a:b/",
        "/?" + "a&" * 2_000,
    ],
    "HX-Target": ["\x00", LONG],
    "Referer": ["http://[", "\x00", "//"],
    "Accept-Language": ["de", "\x00", "xx" * 300, "de;q=nan", ",,;;"],
    "Host": ["[", "testserver:99999999", "a\x00b", "evil.example"],
    "Accept": ["application/json", "\x00"],
    "X-Forwarded-For": ["\x00", "1.2.3.4, [", ",", "9" * 999],
    "Authorization": ["Bearer \xff", "Basic !"],
    "If-Modified-Since": ["Sat, 31 Feb 0000 99:99:99 GMT"],
    "Range": ["bytes=9-1"],
    "Cookie": [
        "sessionid=\x00",
        "django_language=../x; csrftoken=;",
        "sessionid=" + "a" * 9_000,
        "=;=",
        "messages=x",
    ],
}
CONTENT_TYPES = [
    "application/x-www-form-urlencoded; charset=utf-16",
    "application/x-www-form-urlencoded; charset=nonsense",
    "application/x-www-form-urlencoded; charset=utf-7",
    "application/json",
    "multipart/form-data",
    "multipart/form-data; boundary=x",
    "multipart/form-data; boundary=x; charset=rot13",
    "multipart/form-data; boundary=\xff",
    "text/plain; charset=x",
    "",
]


@dataclass
class Route:
    """An address of the resolver. ``template`` has its parameters in braces."""

    template: str
    parameters: tuple[str, ...]
    takes_gets: bool = True
    urls: set[str] = field(default_factory=set)
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class OddRequest:
    method: str
    path: str
    """Percent-encoded, as it is sent."""
    query: str
    content_type: str
    body: bytes
    headers: Mapping[str, str]
    who: str

    def environ(self, cookies: str) -> dict[str, Any]:
        """What a server hands to WSGI, for someone with these cookies."""
        return {
            "REQUEST_METHOD": self.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(self.path).decode("latin-1"),
            "QUERY_STRING": self.query,
            "CONTENT_TYPE": self.content_type,
            "CONTENT_LENGTH": str(len(self.body)),
            "SERVER_NAME": "testserver",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "192.0.2.1",
            "HTTP_COOKIE": cookies,
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(self.body),
            "wsgi.errors": sys.stderr,
            "wsgi.version": (1, 0),
        } | {
            f"HTTP_{name.upper().replace('-', '_')}": value
            for name, value in self.headers.items()
        }


def routes() -> dict[str, Route]:
    """Every address, by the route that ``resolve`` names."""
    return {
        route: _route(pattern, route) for route, pattern in _patterns(get_resolver())
    }


def _patterns(
    resolver: URLResolver, prefix: str = ""
) -> Iterator[tuple[str, URLPattern]]:
    for each in resolver.url_patterns:
        route = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from _patterns(each, route)
        else:
            yield route, each


def _route(pattern: URLPattern, route: str) -> Route:
    if not isinstance(pattern.pattern, RoutePattern):
        # Of the administration: its sections, and whatever is nowhere else.
        template = "/" + route.partition("^")[0].partition("(")[0] + "{rest}"
        return Route(template, ("rest",))
    template, parameters = "/" + route, tuple(pattern.pattern.converters)
    for name, converter in pattern.pattern.converters.items():
        kind = {
            "IntConverter": "int",
            "StringConverter": "str",
            "PathConverter": "path",
        }[type(converter).__name__]
        template = template.replace(f"<{kind}:{name}>", f"{{{name}}}").replace(
            f"<{name}>", f"{{{name}}}"
        )
    return Route(template, parameters)


class _Form(HTMLParser):
    """The addresses in a page, and the fields of its forms by the address that they are sent to."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.action = url
        self.found: list[tuple[str, str, str]] = []
        self.links: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        for name in ["href", "action", "hx-get", "hx-post", "formaction", "data-url"]:
            if name in given:
                self.links.add(urljoin(self.url, given[name]))
        if tag == "form":
            target = (
                given.get("hx-post")
                or given.get("hx-get")
                or given.get("action")
                or self.url
            )
            self.action = urljoin(self.url, target)
        if given.get("name") and tag in {"input", "select", "textarea", "button"}:
            self.found.append((self.action, given["name"], given.get("value", "")))


def explore(client: Client) -> dict[str, Route]:
    """Every route, with what the pages that ``client`` can read know of it: real addresses, and the fields of
    their forms and queries with the values that a browser would send."""
    known = routes()
    waiting = [each.template for each in known.values() if not each.parameters]
    waiting = [url for url in waiting if "logout" not in url]
    seen: set[str] = set()
    while waiting:
        url = waiting.pop(0)
        if urlsplit(url).path in seen or not _take(known, url):
            continue
        seen.add(urlsplit(url).path)
        answer = client.get(url)
        if answer.status_code == 405 and (route := _route_of(known, url)):
            route.takes_gets = False
        if not answer.headers.get("Content-Type", "").startswith("text/html"):
            continue
        page = _Form(url)
        page.feed(answer.content.decode())
        waiting += sorted(page.links)
        for action, name, value in page.found:
            if (route := _route_of(known, action)) is not None:
                route.fields.setdefault(name, value)
    return known


def _route_of(known: Mapping[str, Route], url: str) -> Route | None:
    parts = urlsplit(url)
    if parts.netloc or not parts.path:
        return None
    try:
        return known.get(resolve(parts.path).route)
    except Resolver404:
        return None


def _take(known: Mapping[str, Route], url: str) -> bool:
    """Note the address with its route; whether it is worth reading."""
    route = _route_of(known, url)
    if route is None:
        return False
    route.fields |= dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    is_new = len(route.urls) < MAX_URLS
    if is_new:
        route.urls.add(urlsplit(url).path)
    return is_new


METHODS = st.sampled_from(["GET"] * 8 + ["POST"] * 10 + ["HEAD", "PUT"])
POSTS = st.sampled_from(["POST"] * 9 + ["GET"])
REPEATED = st.sampled_from([0] * 60 + [1_001, 10_001])
ALONE = st.sampled_from([False, False, True])
NASTY_VALUES = st.sampled_from(NASTY)


def _escaped(value: str | bytes) -> str:
    return (
        quote_from_bytes(value, safe="")
        if isinstance(value, bytes)
        else quote(value, safe="")
    )


@st.composite
def odd_requests(
    draw: st.DrawFn, known: st.SearchStrategy[Route], people: st.SearchStrategy[str]
) -> OddRequest:
    route = draw(known)
    url = _url(draw, route)
    method = draw(METHODS if route.takes_gets else POSTS)
    names = draw(st.lists(st.sampled_from([*route.fields, *NAMES]), max_size=3))
    odd = [(name, draw(NASTY_VALUES)) for name in names]
    # The administration's lists take no address with more in it than their filters.
    others = {} if draw(ALONE) else route.fields
    pairs = [(name, value) for name, value in others.items() if name not in names] + odd
    pairs += [("id", "1")] * draw(REPEATED)
    encoded = "&".join(f"{quote(name)}={_escaped(value)}" for name, value in pairs)
    headers = {
        name: draw(st.sampled_from(HEADERS[name]))
        for name in draw(
            st.lists(st.sampled_from(sorted(HEADERS)), max_size=2, unique=True)
        )
    }
    usual = "application/x-www-form-urlencoded"
    types = st.sampled_from([usual] * 12 + CONTENT_TYPES)
    is_read = method in {"GET", "HEAD", "OPTIONS"}
    return OddRequest(
        method=method,
        path=url,
        query=encoded if is_read else "",
        content_type=usual if is_read else draw(types),
        body=b"" if is_read else encoded.encode(),
        headers=headers,
        who=draw(people),
    )


def _url(draw: st.DrawFn, route: Route) -> str:
    if route.urls and draw(st.integers(0, 5)):
        return str(draw(st.sampled_from(sorted(route.urls))))
    values = {name: _escaped(draw(NASTY_VALUES)) for name in route.parameters}
    return route.template.format(**values)
