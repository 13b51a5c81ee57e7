"""German is complete: every text of the source has a translation, with the same placeholders, in the compiled
catalogue too."""

import ast
import re
import subprocess
import sys
from gettext import GNUTranslations
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "locale" / "de" / "LC_MESSAGES"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|</?\w+[^>]*>")
pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def german() -> Catalog:
    with open(FOLDER / "django.po", "rb") as file:
        return read_po(file, locale="de")


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> Catalog:
    """What `make messages` finds: all texts of all templates and modules that are there."""
    found = tmp_path_factory.mktemp("texts") / "django.pot"
    command = [
        sys.executable,
        "-m",
        "babel.messages.frontend",
        "-q",
        "extract",
        "--mapping-file",
        "pyproject.toml",
    ]
    subprocess.run(
        [*command, "--add-location", "file", "--output-file", str(found), "."],
        cwd=ROOT,
        check=True,
    )
    with open(found, "rb") as file:
        return read_po(file)


def test_names_of_files_are_ascii(german):
    """Browsers and systems read others in several ways."""
    names = [each.string for each in german if each.context == "file name"]
    assert len(names) == 6
    assert [each for each in names if not re.fullmatch(r"[a-z%()-]+\.\w+", each)] == []


@pytest.mark.slow
def test_texts_of_each_kind_of_source_are_seen(source):
    """Among them calls inside of Jinja's expressions, blocks with a plural, and a text in a context."""
    texts = {
        (
            where,
            message.context,
            message.id if isinstance(message.id, str) else message.id[0],
        )
        for message in source
        for where, _line in message.locations
    }
    assert {
        ("templates/orders/order_list/_rows.html", None, "Last updated"),
        (
            "templates/customers/_results.html",
            None,
            "<strong>%(shown)s</strong> customer",
        ),
        ("templates/customers/detail.html", "orders", "Open"),
        ("roapp/settings.py", None, "German"),
    } <= texts
    apps = {path.parent.name for path in ROOT.glob("*/apps.py")}
    assert {where.partition("/")[0] for where, _context, _text in texts} == apps | {
        "roapp",
        "templates",
    }


def test_every_text_of_the_source_is_in_the_catalogue(source, german):
    missing = [
        message.id
        for message in source
        if message.id and german.get(message.id, message.context) is None
    ]
    assert missing == []


def test_every_text_of_the_catalogue_is_in_the_source(source, german):
    """Else what is gone stays in the catalogue; `make messages` removes it."""
    gone = [
        message.id
        for message in german
        if message.id and source.get(message.id, message.context) is None
    ]
    assert gone == []


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
        if message.fuzzy
        or not translation
        or set(PLACEHOLDER.findall(english)) != set(PLACEHOLDER.findall(translation))
    ]
    assert wrong == []


def test_compiled_catalogue_is_the_written_one(german):
    with open(FOLDER / "django.mo", "rb") as file:
        compiled = GNUTranslations(file)
    for message in german:
        for number, (english, translation) in zip(
            [1, 2], singular_and_german(message), strict=False
        ):
            if isinstance(message.id, str):
                said = (
                    compiled.pgettext(message.context, english)
                    if message.context
                    else compiled.gettext(english)
                )
            else:
                said = compiled.ngettext(*message.id, number)
            assert not message.id or said == translation


def test_no_text_hides_in_an_f_string():
    """`make messages` does not look into them."""
    hidden = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for app in [
            *ROOT.glob("*/apps.py"),
            ROOT / "common" / "x",
            ROOT / "roapp" / "x",
        ]
        for path in app.parent.rglob("*.py")
        for text in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(text, ast.JoinedStr)
        for call in ast.walk(text)
        if isinstance(call, ast.Call) and _is_hidden(call)
    ]
    assert hidden == []


def _is_hidden(call: ast.Call) -> bool:
    """Whether it translates a text that stands in it."""
    name = getattr(call.func, "id", "")
    literal = bool(call.args) and isinstance(call.args[0], ast.Constant)
    return literal and name in {"_", "gettext", "ngettext", "pgettext", "npgettext"}
