"""The house: which folder may import which, who writes which tables, and where a platform is named
(CONTRIBUTING.md)."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAY_IMPORT = {
    "common": "",
    "customers": "common",
    "inventory": "common",
    "orders/models": "common customers inventory",
    "orders/domain": "common customers inventory orders/models",
    "orders/preferences": "common orders/models",
    "orders/importing": "common customers inventory orders/models orders/domain",
    "orders/order_list": "common customers orders/models orders/domain orders/preferences",
    "orders/order_page": "common customers inventory orders/models orders/domain orders/order_list",
    "orders/keyboard": "common inventory orders/models orders/domain orders/order_list orders/order_page",
    "orders/printing": "common orders/models orders/domain orders/order_list",
    "orders/bulk": "common inventory orders/models orders/domain orders/order_list",
    "orders/customer_data": "common customers orders/models orders/domain",
    "orders/product_data": "common inventory orders/models orders/domain",
    "orders": "common customers inventory orders/*",
    "integrations/dispatch": "common",
    "integrations/models": "common inventory orders/models orders/importing",
    "integrations/platforms": "common inventory orders/importing integrations/models",
    "integrations/shopify": "common customers inventory orders/domain orders/importing "
    "integrations/models integrations/platforms",
    "integrations/sync": "common inventory orders/models orders/domain orders/importing"
    " integrations/dispatch integrations/models integrations/platforms",
    "integrations/imports": "common orders/models orders/importing"
    " integrations/dispatch integrations/models integrations/platforms integrations/sync",
    "integrations/refresh": "common orders/* integrations/dispatch integrations/models "
    "integrations/platforms integrations/sync",
    "integrations/connections": "common orders/models integrations/models integrations/platforms "
    "integrations/sync integrations/imports",
    "integrations/webhooks": "common customers orders/models orders/domain orders/customer_data "
    "integrations/dispatch"
    " integrations/models integrations/platforms integrations/sync integrations/imports "
    "integrations/connections",
    "integrations/alerts": "common orders/models integrations/models integrations/platforms",
    "integrations/admin": "common orders/models integrations/models integrations/platforms "
    "integrations/imports integrations/connections integrations/webhooks integrations/store_pages",
    "integrations/store_pages": "common orders/* integrations/models integrations/platforms "
    "integrations/sync integrations/imports"
    " integrations/connections",
    "integrations/management": "common inventory orders/* integrations/*",
    "integrations": "common customers inventory orders/* integrations/*",
    "roapp": "common customers inventory orders orders/* integrations integrations/*",
    "fakeshop": "",
    "fakeshop/serving": "inventory orders/models orders/domain orders/order_list",
    "fakeshop/management": "roapp fakeshop/serving",
}
"""Each folder, and beside itself what it may import; ``orders/*`` are all folders in orders. A folder's own
name stands for the modules that lie in it directly."""
WRITERS = {
    "OrderEvent": {"orders/domain/events.py", "orders/customer_data/erasure.py"},
    "CustomerEvent": {"customers/events.py", "orders/customer_data/erasure.py"},
    "ProductEvent": {"inventory/events.py"},
    "StockMovement": {"inventory/stock.py"},
    "StockLevel": {"inventory/stock.py"},
    "LineWriteOff": {"orders/domain/write_off.py", "orders/domain/differences.py"},
}
"""Who writes rows of these tables; privacy.py takes persons out of what feeds tell."""
RELATED = {"events", "movements", "levels", "write_offs"}
"""What rows of these tables are called by those that they belong to."""
WRITING = {
    "create",
    "bulk_create",
    "get_or_create",
    "update_or_create",
    "update",
    "bulk_update",
    "delete",
}
pytestmark = pytest.mark.once


def unit_of(path: Path | str) -> str:
    """The line of MAY_IMPORT that a file or module belongs to."""
    parts = list(Path(path).with_suffix("").parts)
    return next(
        name
        for end in range(len(parts), 0, -1)
        if (name := "/".join(parts[:end])) in MAY_IMPORT
    )


def allowed(unit: str) -> set[str]:
    names = MAY_IMPORT[unit].split()
    folders = {
        name
        for pattern in names
        if pattern.endswith("/*")
        for name in MAY_IMPORT
        if name.startswith(pattern[:-1])
    }
    return {name for name in names if not name.endswith("/*")} | folders - {unit}


def packages() -> list[str]:
    """Top-level packages of the product, from the disk."""
    return sorted(
        path.parent.name
        for path in ROOT.glob("*/__init__.py")
        if path.parent.name not in {"tests", "bench"}
    )


def sources(package: str) -> list[Path]:
    return [
        path
        for path in (ROOT / package).rglob("*.py")
        if "migrations" not in path.parts
    ]


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


def test_every_folder_has_its_line():
    folders = {
        path.parent.relative_to(ROOT).as_posix()
        for name in packages()
        for path in sources(name)
    }
    top = {
        folder
        for folder in folders
        if folder.count("/") == 0 or folder.split("/")[0] in {"orders", "integrations"}
    }
    top = {"/".join(folder.split("/")[:2]) for folder in top}
    below = {"integrations/dispatch", "fakeshop/management", "fakeshop/serving"}
    assert top == set(MAY_IMPORT) - below


def test_plan_has_no_cycles():
    assert len(
        list(
            TopologicalSorter(
                {unit: allowed(unit) for unit in MAY_IMPORT}
            ).static_order()
        )
    ) == len(MAY_IMPORT)


@pytest.mark.parametrize("package", packages())
def test_folders_import_only_what_their_line_says(package):
    wrong = set()
    for path in sources(package):
        unit = unit_of(path.relative_to(ROOT))
        for name in imports_of(path):
            if name.split(".")[0] not in {*packages(), "tests", "bench"}:
                continue
            if name.split(".")[0] in {"tests", "bench"} or unit_of(
                name.replace(".", "/")
            ) not in {
                unit,
                *allowed(unit),
            }:
                wrong.add(f"{path.relative_to(ROOT)} imports {name}")
    assert wrong == set()


def base_of(node: ast.expr) -> str:
    """The name that a chain of calls and attributes begins with: "Order" of
    ``Order.objects.filter(pk=1).update``."""
    while isinstance(node, ast.Call | ast.Attribute):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def written_by(call: ast.Call) -> set[str]:
    """Which tables, or rows that belong to another row, the call makes or changes rows of, by the names in
    the source."""
    made = call.func
    if isinstance(made, ast.Name):
        return {made.id} | {
            first.id
            for first in call.args[:1]
            if made.id == "insert" and isinstance(first, ast.Name)
        }
    if isinstance(made, ast.Attribute) and made.attr in WRITING:
        return {base_of(made)} | {
            part.attr for part in ast.walk(made) if isinstance(part, ast.Attribute)
        } & RELATED
    return set()


@pytest.mark.slow
def test_feeds_and_stock_are_written_in_one_place():
    writers = {name: set() for name in [*WRITERS, *RELATED]}
    for package in packages():
        for path in sources(package):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                for name in (
                    written_by(node) if isinstance(node, ast.Call) else set()
                ) & writers.keys():
                    writers[name].add(str(path.relative_to(ROOT)))
    assert writers == WRITERS | {name: set() for name in RELATED}
