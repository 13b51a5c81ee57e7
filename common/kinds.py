"""Rows that say by a code what they are or how they do: the kind of an event, the state of a job. While an
installation is upgraded, the version before meets codes that only the next one knows: pages show them
plainly, workers leave such rows to that version, and nothing is guessed."""

from collections import Counter

from django.db.models import Choices, Field, Model
from django.utils.translation import gettext


def label(kinds: type[Choices], code: object) -> str:
    """What the code is called, in the reader's language."""
    return str(kinds(code).label) if code in kinds.values else for_newer()


def counted(kinds: type[Choices], counts: Counter[str]) -> list[tuple[str, str, int]]:
    """The codes that were counted, with labels and numbers; what only a newer version knows comes last."""
    newer = [code for code in counts if code not in kinds.values]
    codes = [code for code in [*kinds.values, *newer] if counts[code]]
    return [(code, label(kinds, code), counts[code]) for code in codes]


def is_known(row: Model, name: str = "kind") -> bool:
    field = _field(row, name)
    return any(
        field.value_from_object(row) == code for code, _label in field.flatchoices
    )


def kind_label(row: Model, name: str = "kind") -> str:
    """What the row's kind, or another code of it, is called, in the reader's language."""
    if not is_known(row, name):
        return for_newer()
    return str(getattr(row, f"get_{name}_display")())


def for_newer() -> str:
    return gettext("Changed by a newer version")


def _field(row: Model, name: str) -> "Field[object, object]":
    field = row._meta.get_field(name)
    assert isinstance(field, Field)  # noqa: S101  tells the type checker which field it is
    return field
