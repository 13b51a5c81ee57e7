"""Kinds of variables (roapp.environment): a text becomes a value, or a ValueError says what it must be."""

import base64
import binascii
import re
import warnings
from collections.abc import Callable
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

import environ
from babel.numbers import list_currencies
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email
from phonenumbers import SUPPORTED_REGIONS

SECRET_CHARACTERS = 50
"""Django warns of shorter ones."""
TOKEN_CHARACTERS = 16
FERNET_BYTES = 32
HOST = re.compile(r"\*|\.?[a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:]+\]", re.IGNORECASE)
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
DATABASES = {"postgresql", "postgres", "sqlite"}
BROKERS = {"redis", "rediss", "redis+socket"}
MAIL = {"smtp", "smtps", "smtp+tls", "smtp+ssl", "consolemail", "filemail", "dummymail"}


def yes_or_no(text: str) -> bool:
    words = {"true": True, "yes": True, "on": True, "1": True}
    words |= {"false": False, "no": False, "off": False, "0": False}
    try:
        return words[text.lower()]
    except KeyError:
        raise ValueError("must be true or false") from None


def one_of(*choices: str) -> Callable[[str], str]:
    def kind(text: str) -> str:
        if text not in choices:
            raise ValueError(f"must be {', '.join(choices[:-1])} or {choices[-1]}")
        return text

    return kind


def at_least(least: int) -> Callable[[str], int]:
    def kind(text: str) -> int:
        if not re.fullmatch("[0-9]{1,6}", text) or int(text) < least:
            raise ValueError(f"must be a whole number of at least {least}")
        return int(text)

    return kind


def secret_key(text: str) -> str:
    if len(text) < SECRET_CHARACTERS:
        raise ValueError(f"must have {SECRET_CHARACTERS} characters or more")
    return text


def fernet_keys(text: str) -> list[str]:
    keys = [key.strip() for key in text.split(",")]
    for place, key in enumerate(keys, 1):
        try:
            is_key = len(base64.urlsafe_b64decode(key)) == FERNET_BYTES
        except (ValueError, binascii.Error):
            is_key = False
        if not is_key:
            raise ValueError(
                f"must be Fernet keys separated by commas, and number {place} of "
                f"{len(keys)} is none"
            )
    return keys


def token(text: str) -> str:
    """What a machine shows in a header: long enough that nobody tries it out."""
    if not re.fullmatch(f"[!-~]{{{TOKEN_CHARACTERS},}}", text):
        raise ValueError(
            f"must be {TOKEN_CHARACTERS} or more letters, digits and signs of ASCII without spaces"
        )
    return text


def hosts(text: str) -> list[str]:
    found = _listed(text)
    if not found or not all(HOST.fullmatch(each) for each in found):
        raise ValueError(
            "must be host names separated by commas, without https:// and port"
        )
    return found


def origins(text: str) -> list[str]:
    found = _listed(text)
    for each in found:
        url = _url(each, {"https", "http"})
        if url is None or url.path or not HOST.fullmatch(url.hostname or ""):
            raise ValueError(
                "must be addresses like https://orders.example.com separated by commas"
            )
    return found


def mail_addresses(text: str) -> list[str]:
    found = _listed(text)
    if not all(_is_mail_address(each) for each in found):
        raise ValueError("must be mail addresses separated by commas")
    return found


def sender(text: str) -> str:
    if not _is_mail_address(parseaddr(text)[1]):
        raise ValueError("must be a mail address, or RO App <orders@example.com>")
    return text


def mail_server(text: str) -> dict[str, Any]:
    """Django's settings of mail."""
    url = _url(text, MAIL)
    try:
        settings: dict[str, Any] = environ.Env.email_url_config(text)
    except (ImproperlyConfigured, ValueError):
        settings = {}
    if (
        url is None
        or not settings
        or (url.scheme.startswith("smtp") and not url.netloc)
    ):
        raise ValueError(
            "must be an address like smtp+tls://user:password@mail.example.com:587"
        )
    return settings


def database(text: str) -> dict[str, Any]:
    """Django's settings of a database."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            settings: dict[str, Any] = environ.Env.db_url_config(text)
        except ValueError:
            settings = {}
    if urlsplit(text).scheme not in DATABASES or settings.get("NAME") in {
        None,
        "",
        ":memory:",
    }:
        raise ValueError(
            "must be an address like postgresql://user:password@host:5432/name"
        )
    return settings


def broker(text: str) -> str:
    url = _url(text, BROKERS)
    is_known = url is not None and bool(
        url.path if url.scheme == "redis+socket" else url.hostname
    )
    number = url.path.strip("/") if url and url.scheme != "redis+socket" else ""
    if not is_known or (number and not number.isdecimal()):
        raise ValueError("must be an address like redis://host:6379/0")
    return text


def https_address(text: str) -> str:
    url = _url(text, {"https"})
    if url is None or not HOST.fullmatch(url.hostname or "") or url.query:
        raise ValueError("must be an address that begins with https://")
    return text.rstrip("/")


def loopback_address(text: str) -> str:
    url = _url(text, {"http", "https"})
    if url is None or url.hostname not in LOOPBACK:
        raise ValueError(
            "must be an address of this machine like http://127.0.0.1:9292"
        )
    return text.rstrip("/")


def loopback_or_https_address(text: str) -> str:
    """For development, where the demo store is on this machine."""
    try:
        return loopback_address(text)
    except ValueError:
        return https_address(text)


def currency(text: str) -> str:
    if text not in list_currencies():
        raise ValueError("must be a currency of ISO 4217 like EUR")
    return text


def country(text: str) -> str:
    if text not in SUPPORTED_REGIONS:
        raise ValueError("must be a country of ISO 3166 like DE")
    return text


def time_zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ValueError, OSError, LookupError):
        raise ValueError("must be a time zone like Europe/Berlin") from None
    return text


def quarterly_version(text: str) -> str:
    if not re.fullmatch("20[0-9]{2}-(01|04|07|10)", text):
        raise ValueError("must be a quarterly version like 2026-10")
    return text


def folder(text: str) -> Path:
    """A folder that exists; it is made if it is missing."""
    path = Path(text)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "its name is none"
        raise ValueError(f"must be a folder that RO App may make ({why})") from None
    return path


def log_level(text: str) -> str:
    return one_of("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")(text.upper())


def _listed(text: str) -> list[str]:
    return [part for each in text.split(",") if (part := each.strip())]


def _url(text: str, schemes: set[str]) -> SplitResult | None:
    """None for what is no address of one of ``schemes``."""
    try:
        url = urlsplit(text)
        url.port  # noqa: B018  it raises for what is no number
    except ValueError:
        return None
    return url if url.scheme in schemes else None


def _is_mail_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True
