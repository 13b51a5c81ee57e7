"""Our CSS and JavaScript stay readable: formatted, one file per component, and nothing in them is dead."""

import re
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "static"
STYLESHEETS = sorted(STATIC.rglob("*.css"))
SCRIPTS = sorted(STATIC.rglob("*.js"))
COMPONENTS = sorted((STATIC / "css").glob("*.css"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
APPS = ["common", "customers", "inventory", "orders", "integrations", "roapp"]
BY_HTMX = {"htmx-request"}
"""Classes that htmx sets."""
LINE = re.compile(r"@import .*;|}|[^{};]+[,{]|[^{};]+: [^{};]+;|")
"""What may stand on a line: an import, the end of a rule, a selector, a declaration, nothing."""
CLASS_ATTRIBUTE = re.compile(r'class="((?:\{\{.*?\}\}|\{%.*?%\}|[^"])*)"', re.DOTALL)

pytestmark = pytest.mark.once


def name_of(path: Path) -> str:
    return str(path.relative_to(STATIC))


def without_comments(path: Path) -> str:
    return re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)


def words_in(texts: list[str]) -> set[str]:
    return {word for text in texts for word in re.findall(r"[\w-]+", text)}


@pytest.fixture(scope="module")
def styled() -> set[str]:
    """The classes that have a rule."""
    selectors = [
        selector
        for path in COMPONENTS
        for selector in re.findall(r"([^{};]+)\{", without_comments(path))
    ]
    return {
        name
        for selector in selectors
        for name in re.findall(r"\.([a-zA-Z][\w-]*)", selector)
    }


@pytest.mark.parametrize("path", STYLESHEETS, ids=name_of)
def test_a_line_of_a_stylesheet_has_one_declaration_or_selector(path):
    depth = 0
    for line in without_comments(path).splitlines():
        text = line.strip()
        assert LINE.fullmatch(text), line
        depth -= text == "}"
        assert not text or line == "  " * depth + text
        depth += text.endswith("{")


@pytest.mark.parametrize("path", STYLESHEETS + SCRIPTS, ids=name_of)
def test_lines_are_short(path):
    assert [
        line
        for line in path.read_text().splitlines()
        if len(line) > 110 or line != line.rstrip()
    ] == []


@pytest.mark.parametrize(
    ("kind", "importing"), [("css", r'@import "(.+)";'), ("js", r'import "\./(.+)";')]
)
def test_every_file_is_imported_once_by_one_at_the_top(kind, importing):
    imported = [
        name
        for path in STATIC.glob(f"*.{kind}")
        for name in re.findall(importing, path.read_text())
    ]
    files = [name_of(path) for path in (STATIC / kind).rglob(f"*.{kind}")]
    # Django's admin shows our pills and our mark too, and takes tokens and bare elements from the theme.
    shared = ["css/brand-mark.css", "css/pill.css", "theme.css"]
    foundations = ["foundation.css"] * 3  # pages, login and errors, slips
    expected = [*files, *shared, *foundations] if kind == "css" else files
    assert sorted(imported) == sorted(expected)


def test_a_class_begins_rules_in_one_file_only():
    """Other needs of a page are variants in the component's file, not rules elsewhere that override it."""
    files = defaultdict(set)
    for path in COMPONENTS:
        for selector in outermost_selectors(path):
            alone = re.sub(r"\([^()]*\)", "", selector)
            for name in re.findall(r"(?:^|, )(\.[\w-]+)", alone):
                files[name].add(path.name)
    assert {name: found for name, found in files.items() if len(found) > 1} == {}


def outermost_selectors(path: Path) -> list[str]:
    """Those of the rules that are not nested in another rule; a media query is no rule."""
    found, indent = [], ""
    for line in without_comments(path).splitlines():
        if not line.startswith(" "):
            indent = "  " if line.startswith("@media") else ""
        if re.match(indent + r"[.#:\w].*[,{]$", line):
            found.append(line.strip(" ,{"))
    return found


def test_every_class_that_has_a_rule_is_used(styled):
    # Fields and kinds of events are classes too; their names come from Python.
    python = [path for app in APPS for path in (ROOT / app).rglob("*.py")]
    quoted = [
        text
        for path in TEMPLATES + python
        for text in re.findall(r'"([^"\n]*)"', path.read_text())
    ]
    attributes = [
        text for path in TEMPLATES for text in CLASS_ATTRIBUTE.findall(path.read_text())
    ]
    assert styled - words_in(quoted + attributes) - BY_HTMX == set()


def test_every_class_of_a_template_has_a_rule_or_is_looked_for_by_a_script(styled):
    # What Django's engine draws, or stands on its pages, has rules in Django's stylesheets.
    theirs = {"django", "administration"}
    ours = [path for path in TEMPLATES if not theirs.intersection(path.parts)]
    attributes = [
        text for path in ours for text in CLASS_ATTRIBUTE.findall(path.read_text())
    ]
    names = words_in(
        [
            re.sub(r"\{\{.*?\}\}|\{%.*?%\}", " ", text, flags=re.DOTALL)
            for text in attributes
        ]
    )
    assert names - styled - words_in([path.read_text() for path in SCRIPTS]) == set()
