"""Imports point down: templates -> roapp -> integrations -> orders -> customers | inventory -> lists | rows | common (docs/decisions.md)."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MAY_IMPORT = {
    "common": set(),
    "lists": set(),
    "rows": set(),
    "customers": {"common", "lists", "rows"},
    "inventory": {"common", "lists", "rows"},
    "orders": {"customers", "inventory", "common", "lists", "rows"},
    "integrations": {"orders", "customers", "inventory", "common", "lists", "rows"},
    "roapp": {"integrations", "orders", "customers", "inventory", "common", "lists", "rows"},
    "fakeshop": set(),
}
OURS = {*MAY_IMPORT, "tests", "bench"}
FLOORS = [
    {"views", "store_views", "admin", "urls", "apps", "management", "banners", "metrics", "webhooks"},
    {"forms", "tasks"},
    {"inbox"},
    {"connecting", "refreshing", "explaining", "overview"},
    {"checks", "rereading", "retrying", "running", "subscribing"},
    {"sync", "reconciling", "runs", "exporting"},
    {"pages", "missing", "privacy"},
    {"ledger", "platforms"},
    {"shopify", "tokens"},
    {"models", "secrets"},
    {"gateway", "errors"},
]
"""The rooms of integrations, top floor first: a room may use rooms on lower floors, and beside it only what BESIDE names."""
BESIDE = {
    ("forms", "connecting"), ("models", "secrets"), ("management", "connecting"), ("refreshing", "tasks"),
    ("gateway", "errors"), ("urls", "views"), ("urls", "store_views"), ("retrying", "tasks"), ("runs", "tasks"), ("exporting", "reconciling"),
}  # fmt: skip
WRITERS = {
    "OrderEvent": {"orders/history.py", "orders/privacy.py"},
    "CustomerEvent": {"customers/feed.py", "orders/privacy.py"},
    "StockMovement": {"inventory/stock.py"},
    "StockLevel": {"inventory/stock.py"},
    "LineWriteOff": {"orders/writeoff.py", "orders/differences.py"},
}
"""Who writes rows of these tables; privacy.py takes persons out of what feeds tell."""
RELATED = {"events", "movements", "levels", "write_offs"}
"""What rows of these tables are called by those that they belong to."""
WRITING = {"create", "bulk_create", "get_or_create", "update_or_create", "update", "bulk_update", "delete"}
pytestmark = pytest.mark.once


def imports_of(path: Path) -> set[str]:
    """Every module that the file imports, with what it takes from it, as dotted names."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def sources(package: str) -> list[Path]:
    return [path for path in (ROOT / package).rglob("*.py") if "migrations" not in path.parts]


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_package_imports_only_what_lies_below(package):
    assert sources(package)
    above = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources(package)
        for name in imports_of(path)
        if name.split(".")[0] in OURS - MAY_IMPORT[package] - {package}
    }
    assert above == set()


def floor(room: str) -> int:
    return next(number for number, rooms in enumerate(FLOORS) if room in rooms)


def test_rooms_of_integrations_use_only_lower_floors():
    wrong = set()
    for path in sources("integrations"):
        room = path.relative_to(ROOT / "integrations").parts[0].removesuffix(".py")
        if room == "__init__":
            continue
        for name in imports_of(path):
            parts = name.split(".")
            if parts[0] != "integrations" or len(parts) < 2 or parts[1] == room:
                continue
            if floor(parts[1]) <= floor(room) and (room, parts[1]) not in BESIDE:
                wrong.add(f"{path.relative_to(ROOT)} imports {name}")
    assert wrong == set()


def test_only_the_platforms_room_and_shopifys_own_folder_name_shopify():
    users = {
        str(path.relative_to(ROOT))
        for package in ["orders", "customers", "inventory", "integrations", "roapp"]
        for path in sources(package)
        for name in imports_of(path)
        if name.startswith("integrations.shopify") and "shopify" not in path.relative_to(ROOT).parts
    }
    assert users == {"integrations/platforms.py"}


def base_of(node: ast.expr) -> str:
    """The name that a chain of calls and attributes begins with: "Order" of ``Order.objects.filter(pk=1).update``."""
    while isinstance(node, ast.Call | ast.Attribute):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def written_by(call: ast.Call) -> set[str]:
    """Which tables, or rows that belong to another row, the call makes or changes rows of, by the names in the source."""
    made = call.func
    if isinstance(made, ast.Name):
        return {made.id} | {first.id for first in call.args[:1] if made.id == "insert" and isinstance(first, ast.Name)}
    if isinstance(made, ast.Attribute) and made.attr in WRITING:
        return {base_of(made)} | {part.attr for part in ast.walk(made) if isinstance(part, ast.Attribute)} & RELATED
    return set()


def test_feeds_and_stock_are_written_in_one_place():
    writers = {name: set() for name in [*WRITERS, *RELATED]}
    for package in ["roapp", "integrations", "orders", "customers", "inventory", "rows", "lists"]:
        for path in sources(package):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                for name in (written_by(node) if isinstance(node, ast.Call) else set()) & writers.keys():
                    writers[name].add(str(path.relative_to(ROOT)))
    assert writers == WRITERS | {name: set() for name in RELATED}
