"""Secrets at rest: encrypted with the newest of ENCRYPTION_KEYS, readable with any of them."""

from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


class Unreadable(str):
    """A stored secret that none of ENCRYPTION_KEYS opens: empty for whoever reads it, and written back as it
    was.

    So the key may yet be found again, and the store's other settings can be looked at and saved meanwhile.
    """

    __slots__ = ("stored",)
    stored: str

    def __new__(cls, stored: str) -> "Unreadable":
        made = super().__new__(cls)
        made.stored = stored
        return made


def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(key.strip()) for key in settings.ENCRYPTION_KEYS])


class SecretField(models.TextField):
    """A text that is encrypted in the database and plain in Python. It never goes into a form, a log or a
    dump of values."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("blank", True)
        kwargs.setdefault("default", "")
        super().__init__(*args, **kwargs)

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, Unreadable):
            return value.stored
        return _fernet().encrypt(value.encode()).decode() if value else ""

    def from_db_value(self, value: str | None, *_: object) -> str:
        if not value:
            return ""
        try:
            return _fernet().decrypt(value.encode()).decode()
        except InvalidToken:
            return Unreadable(value)

    def value_to_string(self, obj: models.Model) -> str:
        """Dumps (``manage.py dumpdata``) get no secret."""
        return ""
