"""The documents name what is there: every link, path, module and name in them exists in the tree."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands

from roapp.permissions import NEEDED

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "SECURITY.md",
    ROOT / "templates" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
"""The changelog is left out: it speaks of what was."""
COMPOSE = ROOT / "docker-compose.yml"
SOURCE = "".join(
    path.read_text("utf-8")
    for app in ["common", "customers", "integrations", "inventory", "orders", "roapp"]
    for path in (ROOT / app).rglob("*.py")
)
CREATED_AT_RUN_TIME = {"var", "staticfiles"}
FOLDERS = {
    path.parts[len(ROOT.parts)]
    for path in ROOT.glob("[!.]*/**/*.*")
    if not {"__pycache__", *CREATED_AT_RUN_TIME} & set(path.parts)
}
"""Those in which a file lies: one that was moved away may leave its bytecode behind."""
DJANGOS_OWN = {"migrations", "management"}
WEBHOOK_TOPICS = {"customers/data_request", "customers/redact"}
CODE = re.compile(r"`([^`\n]+)`")
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)?(?:#([^)\s]+))?\)")
PATH = re.compile(r"[\w.*-]+/[\w.*/-]*")
FILE = re.compile(r"[\w./*-]+\.(?:py|md|html|css|js|toml|yml)")
MODULE = re.compile(r"[a-z_]\w*(?:\.\w+)+")
pytestmark = pytest.mark.once


def prose(document: Path) -> str:
    return FENCED.sub("", document.read_text("utf-8"))


def code_in(text: str) -> Iterator[str]:
    """Each piece of code in these sentences; of a call only what is called."""
    for code in CODE.findall(text):
        yield code.partition("(")[0].strip()


def anchors_of(document: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", prose(document), re.MULTILINE)
    return {
        re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        for heading in headings
    }


def leads_somewhere(document: Path, target: str, anchor: str) -> bool:
    if target.startswith("https://"):
        return True
    path = document.parent / target if target else document
    return path.exists() and (not anchor or anchor in anchors_of(path))


def is_path(document: Path, path: str) -> bool:
    """From the project's folder, or from the document's own."""
    return any(ROOT.glob(path)) or any(document.parent.glob(path))


def is_module(name: str) -> bool:
    """Whether the name leads to a module or package, or to something that is named in it."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        base = ROOT.joinpath(*parts[:length])
        for path in [base.with_suffix(".py"), base / "__init__.py"]:
            if path.exists():
                return set(parts[length:]) <= set(
                    re.findall(r"\w+", path.read_text("utf-8"))
                )
    return False


@pytest.fixture(params=DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def document(request) -> Path:
    return request.param


def test_every_link_leads_somewhere(document):
    links = LINK.findall(prose(document))
    assert [link for link in links if not leads_somewhere(document, *link)] == []


def test_every_path_exists(document):
    codes = set(code_in(prose(document))) - WEBHOOK_TOPICS
    ours = {
        code
        for code in codes
        if PATH.fullmatch(code) and code.partition("/")[0] in FOLDERS
    }
    paths = ours | {code for code in codes if FILE.fullmatch(code)}
    assert {path for path in paths if not is_path(document, path.rstrip("/"))} == set()


def test_every_module_exists(document):
    permissions = {each for needed in NEEDED.values() for each in needed}
    modules = {
        code for code in code_in(prose(document)) if MODULE.fullmatch(code)
    } - permissions
    ours = {name for name in modules if name.partition(".")[0] in FOLDERS}
    assert {name for name in ours if not is_module(name)} == set()


def test_every_test_exists(document):
    for path, name in re.findall(
        r"(tests/[\w/]+\.py)::(\w+)", document.read_text("utf-8")
    ):
        assert f"def {name}(" in (ROOT / path).read_text("utf-8"), name


def test_every_command_and_service_exists(document):
    """Those of manage.py, of docker compose and of systemd."""
    text = document.read_text("utf-8")
    ours = {path.stem for path in ROOT.glob("*/management/commands/[!_]*.py")}
    assert set(re.findall(r"manage\.py (\w+)", text)) <= ours | set(get_commands())
    services = set(re.findall(r"^  (\w+):$", COMPOSE.read_text("utf-8"), re.MULTILINE))
    named = re.findall(
        r"docker compose (?:exec|run --rm|ps|stop) ([a-z ]+)$", text, re.MULTILINE
    )
    assert {word for words in named for word in words.split()} <= services
    units = {path.stem for path in (ROOT / "deploy" / "systemd").glob("*.service")}
    assert set(re.findall(r"\bro-app-\w+", text)) <= units


def test_every_setting_and_metric_exists(document):
    codes = set(code_in(prose(document)))
    settings = {each for each in codes if re.fullmatch(r"[A-Z]+(?:_[A-Z]+)+", each)}
    known = (ROOT / "README.md").read_text("utf-8") + SOURCE
    assert {each for each in settings if each not in known} == set()
    metrics = set(re.findall(r"\broapp_\w+", document.read_text("utf-8")))
    assert {each for each in metrics if each not in SOURCE} == set()


def test_every_decision_has_a_number_of_its_own_and_is_listed():
    folder = ROOT / "docs" / "decisions"
    names = sorted(path.name for path in folder.glob("[0-9]*.md"))
    numbers = [name.partition("-")[0] for name in names]
    assert [number for number in numbers if numbers.count(number) > 1] == []
    links = [target for target, _anchor in LINK.findall(prose(folder / "README.md"))]
    assert sorted(target for target in links if target[0].isdigit()) == names


def test_the_folder_map_names_every_folder():
    block = (
        (ROOT / "README.md")
        .read_text("utf-8")
        .partition("## Folder map")[2]
        .split("```")[1]
    )
    named, parent = set(), ""
    for line in block.strip().splitlines():
        folder = line.split()[0].rstrip("/")
        parent = parent if line.startswith(" ") else folder
        named.add(folder if parent == folder else f"{parent}/{folder}")
    layers = {
        str(path.parent.relative_to(ROOT))
        for path in ROOT.glob("[!.]*/*/__init__.py")
        if path.parts[-3] != "tests" and path.parent.name not in DJANGOS_OWN
    }
    assert named == FOLDERS | layers


def test_every_name_of_the_glossary_is_in_the_source():
    folders = [ROOT / name for name in FOLDERS - {"docs", "locale"}]
    paths = [path for folder in folders for path in folder.rglob("*.py")]
    source = " ".join(f"{path} {path.read_text('utf-8')}" for path in paths)
    words = set(re.findall(r"\w+", source))
    named = CODE.findall((ROOT / "docs" / "glossary.md").read_text("utf-8"))
    names = {name for code in named for name in re.findall(r"\w+", code)}
    assert {"Order", "OrderPage", "synced_until"} <= names
    assert names - words == set()
