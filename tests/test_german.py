"""German is complete: every text of the source has a translation, with the same placeholders, in the compiled catalogue too."""

import re
from collections.abc import Iterator
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "locale" / "de" / "LC_MESSAGES"
SOURCES = ["common", "customers", "inventory", "orders", "integrations", "roapp", "templates"]
IN_CONTEXT = ((1, "c"), 2)
KEYWORDS = {
    **dict.fromkeys(["_", "gettext", "gettext_lazy", "gettext_noop"], None),
    **dict.fromkeys(["ngettext", "ngettext_lazy"], (1, 2)),
    **dict.fromkeys(["pgettext", "pgettext_lazy"], IN_CONTEXT),
    **dict.fromkeys(["npgettext", "npgettext_lazy"], ((1, "c"), 2, 3)),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|</?\w+[^>]*>")
pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def german() -> Catalog:
    with open(FOLDER / "django.po", "rb") as file:
        return read_po(file, locale="de")


def texts_of_the_source() -> Iterator[tuple[str, str, str]]:
    """Where a text stands, its context and its (singular) English."""
    for package in SOURCES:
        for path in sorted((ROOT / package).rglob("*")):
            if path.suffix not in {".py", ".html"}:
                continue
            text = path.read_text("utf-8")
            is_page = path.suffix == ".html"
            # A template becomes its calls of gettext, as for Django's own makemessages; their quotes are the same in both languages.
            code = templatize(text) if is_page else text
            for _line, message, _comments, context in extract(
                "javascript" if is_page else "python", BytesIO(code.encode()), keywords=KEYWORDS
            ):
                yield str(path.relative_to(ROOT)), context or "", message if isinstance(message, str) else message[0]


def test_every_text_of_the_source_is_in_the_catalogue(german):
    texts = set(texts_of_the_source())
    assert len(texts) > 300
    missing = {(where, text) for where, context, text in texts if german.get(text, context or None) is None}
    assert missing == set()


def singular_and_german(message: Message) -> list[tuple[str, str]]:
    if isinstance(message.id, str):
        return [(message.id, str(message.string))]
    return list(zip(message.id, message.string, strict=True))


def test_every_text_is_translated_with_its_placeholders(german):
    wrong = [
        (english, translation)
        for message in german
        if message.id
        for english, translation in singular_and_german(message)
        if message.fuzzy or not translation or set(PLACEHOLDER.findall(english)) != set(PLACEHOLDER.findall(translation))
    ]
    assert wrong == []


def test_compiled_catalogue_is_the_written_one(german):
    with open(FOLDER / "django.mo", "rb") as file:
        compiled = GNUTranslations(file)
    for message in german:
        for number, (english, translation) in zip([1, 2], singular_and_german(message), strict=False):
            if isinstance(message.id, str):
                said = compiled.pgettext(message.context, english) if message.context else compiled.gettext(english)
            else:
                said = compiled.ngettext(*message.id, number)
            assert not message.id or said == translation
