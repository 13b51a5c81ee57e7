"""Secrets at rest: encrypted with the newest of ENCRYPTION_KEYS, readable with any of them."""

from collections.abc import Iterator
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.conf import settings
from django.db import models


class UndecryptableValue(str):
    """A stored secret that none of ENCRYPTION_KEYS decrypts: read as empty, and written back unchanged.

    So the key may still be found, and the store's other settings can be viewed and saved in the meantime.
    """

    __slots__ = ("stored",)
    stored: str

    def __new__(cls, stored: str) -> "UndecryptableValue":
        value = super().__new__(cls)
        value.stored = stored
        return value


def _fernet() -> MultiFernet:
    keys = [Fernet(key.strip()) for key in settings.ENCRYPTION_KEYS]
    return MultiFernet(keys)


def encrypted(value: str) -> str:
    return _fernet().encrypt(value.encode()).decode()


def decrypted(stored: str) -> str:
    """Empty if none of ENCRYPTION_KEYS decrypts it."""
    try:
        return _fernet().decrypt(stored.encode()).decode()
    except InvalidToken:
        return ""


class EncryptedField(models.TextField):
    """A text that is encrypted in the database and plain in Python. It must never reach a form, a log or a
    data dump."""

    # The options of a model field, which are Django's.
    def __init__(self, *args: Any, **options: Any) -> None:
        options.setdefault("blank", True)
        options.setdefault("default", "")
        super().__init__(*args, **options)

    def get_prep_value(self, value: str | None) -> str:
        if isinstance(value, UndecryptableValue):
            return value.stored
        if not value:
            return ""
        return encrypted(value)

    def from_db_value(self, value: str | None, *_: object) -> str:
        if not value:
            return ""
        return decrypted(value) or UndecryptableValue(value)

    def value_to_string(self, obj: models.Model) -> str:
        """Leave secrets out of dumps (``manage.py dumpdata``)."""
        return ""


def models_with_secrets() -> Iterator[tuple[type[models.Model], list[str]]]:
    """What has secrets, and the names of their columns."""
    for model in apps.get_models():
        names = [
            field.name
            for field in model._meta.get_fields()
            if isinstance(field, EncryptedField)
        ]
        if names:
            yield model, names


def unreadable_rows(using: str = "default") -> int:
    """How many rows of this database have a secret that none of ENCRYPTION_KEYS decrypts."""
    return sum(
        any(isinstance(value, UndecryptableValue) for value in row)
        for model, names in models_with_secrets()
        for row in model._default_manager.using(using).values_list(*names)
    )
