"""Reading pages: what a person sees in them."""

import re
from html import unescape

from django.test import Client


def page(client: Client, url: str, **headers: str) -> str:
    answer = client.get(url, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def text_of(html: str) -> str:
    """What a reader sees, in one line. A mark stands within a word."""
    unmarked = re.sub(r"</?mark>", "", html)
    return " ".join(re.sub(r"<[^>]+>", " ", unmarked).split())


def found(pattern: str, html: str) -> str:
    """The first group of the one place, or the first of several, where the page looks like this."""
    match = re.search(pattern, html, re.DOTALL)
    assert match, f"nothing in the page matches {pattern}"
    return match[1]


def cell(html: str, name: str) -> str:
    """The first cell of this class."""
    return found(rf'<td class="{name}"[^>]*>(.*?)</td>', html)


def cells(html: str, number: int = 0) -> list[str]:
    """The texts of a row of the first table."""
    row = re.findall(
        r"<tr>(.*?)</tr>", re.split("<tbody[^>]*>", html, maxsplit=1)[1], re.DOTALL
    )[number]
    return [
        text_of(each) for each in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)
    ]


def href(html: str, rel: str) -> str:
    """Where the link to the next or former page leads, or nothing."""
    match = re.search(rf'rel="{rel}" href="([^"]*)"', html)
    return unescape(match[1]) if match else ""


def notice(html: str) -> str:
    """The messages of a page."""
    return text_of(found(r'id="messages"[^>]*>(.*?)</div>\s*</div>', html))
