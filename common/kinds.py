"""Rows that say by a kind what they are: events, movements, jobs. While an installation is upgraded, the
version before meets kinds that only the next one knows: it shows them plainly, and guesses at nothing in
them."""

from django.db.models import CharField, Model
from django.utils.translation import gettext


def is_known(row: Model) -> bool:
    field = row._meta.get_field("kind")
    assert isinstance(field, CharField)  # noqa: S101  tells the type checker which field it is
    return any(
        field.value_from_object(row) == kind for kind, _label in field.flatchoices
    )


def kind_label(row: Model) -> str:
    """What the row's kind is called, in the reader's language."""
    if not is_known(row):
        return gettext("Changed by a newer version")
    return str(row.get_kind_display())  # type: ignore[attr-defined]  # Django makes it
