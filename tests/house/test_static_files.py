"""Our CSS and JavaScript stay readable: formatted and without dead rules."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "static"
STYLESHEETS = sorted(STATIC.rglob("*.css"))
SCRIPTS = sorted(STATIC.rglob("*.js"))
COMPONENTS = sorted((STATIC / "css").glob("*.css"))
APPS = ["common", "customers", "inventory", "orders", "integrations", "roapp"]
BY_HTMX = {"htmx-request"}
"""Classes that no file of ours names: htmx sets them."""
LINE = re.compile(r"@import .*;|}|[^{};]+[,{]|[^{};]+: [^{};]+;|")
"""What may stand on a line: an import, an end, a selector, a declaration, nothing."""

pytestmark = pytest.mark.once


def name_of(path: Path) -> str:
    return str(path.relative_to(STATIC))


def without_comments(path: Path) -> str:
    return re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)


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
    # The pills of Django's admin are ours, and app.css takes what it shares with it from theme.css.
    shared = ["css/pill.css", "theme.css"] if kind == "css" else []
    assert sorted(imported) == sorted(files + shared)


def words_in(texts: list[str]) -> set[str]:
    return {word for text in texts for word in re.findall(r"[\w-]+", text)}


def test_every_class_that_has_a_rule_is_used():
    styled = {
        name
        for path in COMPONENTS
        for selector in re.findall(r"([^{};]+)\{", without_comments(path))
        for name in re.findall(r"\.([a-zA-Z][\w-]*)", selector)
    }
    templates = [path.read_text() for path in (ROOT / "templates").rglob("*.html")]
    # Fields and kinds of events are classes too; their names come from Python.
    python = [path.read_text() for app in APPS for path in (ROOT / app).rglob("*.py")]
    quoted = [
        text
        for source in templates + python
        for text in re.findall(r'"([^"\n]*)"', source)
    ]
    assert styled - words_in(quoted) - BY_HTMX == set()
