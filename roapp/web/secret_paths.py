"""Addresses that are good for something by themselves, such as an invitation: what is secret in them stays
out of log lines."""

import logging
import re
from collections.abc import Iterator
from functools import cache

from django.urls import URLResolver, get_resolver
from django.utils.regex_helper import normalize

SECRET = {"token", "key"}
"""An address whose pattern has a part of one of these names carries a secret there."""
HIDDEN = "[…]"
PART = re.compile(r"%\((\w+)\)s")


def without_secrets(text: str) -> str:
    """``text`` (a path, or a line with paths in it) with the secret parts hidden, also of addresses that
    somebody has cut short, or written too much behind."""
    return _secrets().sub(rf"\g<1>{HIDDEN}", text)


class WithoutSecrets(logging.Filter):
    """For lines about answers (Django's "Not Found: /path"): they quote the path."""

    def filter(self, record: logging.LogRecord) -> bool:
        if hasattr(record, "status_code"):
            record.msg, record.args = without_secrets(record.getMessage()), ()
        return True


@cache
def _secrets() -> re.Pattern[str]:
    """What leads up to a secret is its first group; the rest of the path is hidden."""
    beginnings = {
        before
        for address in _addresses(get_resolver())
        if (before := _before_secret(address)) is not None
    }
    # Without an address that holds one, nothing is found: (?!) never fits.
    return re.compile(f'({"|".join(sorted(beginnings)) or "(?!)"})[^\\s"?]+')


def _addresses(resolver: URLResolver, before: str = "") -> Iterator[str]:
    """Every address of these pages, in the form "invitation/%(uidb64)s/%(token)s/"."""
    for view in resolver.reverse_dict:
        for found in resolver.reverse_dict.getlist(view):
            for address, _names in found[0]:
                yield before + address
    for prefix, inner in resolver.namespace_dict.values():
        for address, _names in normalize(prefix):
            yield from _addresses(inner, before + address)


def _before_secret(address: str) -> str | None:
    """A pattern of what stands before the first secret part; None without one."""
    pattern = "/+"
    at = 0
    for part in PART.finditer(address):
        pattern += _literally(address[at : part.start()])
        if part[1] in SECRET:
            return pattern
        pattern += '[^/\\s"?]+'
        at = part.end()
    return None


def _literally(text: str) -> str:
    """However many slashes somebody writes."""
    return re.sub("/+", "/+", re.escape(text))
