"""Secrets that were typed into a form which came back with an error: kept encrypted in the session for a few
minutes, since no page ever shows one."""

import secrets
import time
from collections.abc import Mapping
from typing import Any

from django.contrib.sessions.backends.base import SessionBase

from common.encrypted_field import decrypted, encrypted

NAME = "kept-secrets"
SECONDS = 15 * 60
MAX_FORMS = 3
"""Open forms of one session whose secrets are kept: the newest."""


def keep(session: SessionBase, values: Mapping[str, str]) -> str:
    """Keep these; the handle by which ``take`` finds them."""
    handle = secrets.token_urlsafe(16)
    kept = {
        "at": time.time(),
        "values": {field: encrypted(value) for field, value in values.items()},
    }
    session[NAME] = dict([*_fresh(session).items(), (handle, kept)][-MAX_FORMS:])
    return handle


def take(session: SessionBase, handle: str) -> Mapping[str, str]:
    """What is kept under this handle, for one use; nothing after ``SECONDS``."""
    fresh = _fresh(session)
    kept = fresh.pop(handle, {"values": {}})
    if fresh != session.get(NAME, {}):
        session[NAME] = fresh
    return {
        field: value
        for field, stored in kept["values"].items()
        if (value := decrypted(stored))
    }


def _fresh(session: SessionBase) -> dict[str, Any]:
    since = time.time() - SECONDS
    stored = session.get(NAME, {})
    return {handle: kept for handle, kept in stored.items() if kept["at"] > since}
