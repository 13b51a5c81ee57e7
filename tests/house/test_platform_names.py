"""Above integrations/shopify nobody names a platform: modules, templates, scripts and styles are neutral."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAME = re.compile("shopify", re.IGNORECASE)
NOT_NEUTRAL = {"bench", "docs", "fakeshop", "locale", "staticfiles", "tests", "var"}
"""What installs, explains, measures or imitates Shopify; ``locale`` translates what it says itself."""
HISTORY = {"orders/migrations/0001_initial.py"}
"""Migrations that were there before platforms were told apart: history is not rewritten."""
SETTINGS = re.compile(
    r"\bSHOPIFY_(API_VERSION|URL)\b|integrations\.shopify\.platform\.Shopify"
)
pytestmark = pytest.mark.once


def neutral_files() -> list[Path]:
    """Every file of the product but Shopify's own, from the disk."""
    folders = [
        folder
        for folder in ROOT.iterdir()
        if folder.is_dir()
        and not folder.name.startswith(".")
        and folder.name not in NOT_NEUTRAL
    ]
    return [
        path
        for folder in folders
        for path in folder.rglob("*")
        if path.suffix in {".py", ".html", ".js", ".css", ".txt", ".graphql"}
        and not path.is_relative_to(ROOT / "integrations" / "shopify")
    ]


def test_only_shopifys_own_folder_names_shopify():
    files = neutral_files()
    assert {path.relative_to(ROOT).parts[0] for path in files} >= {
        *[
            "common",
            "customers",
            "integrations",
            "inventory",
            "orders",
            "roapp",
            "static",
            "templates",
        ]
    }
    named = set()
    for path in files:
        text = path.read_text("utf-8")
        if path == ROOT / "roapp" / "settings.py":
            text = SETTINGS.sub("", text)
        if NAME.search(text):
            named.add(path.relative_to(ROOT).as_posix())
    assert named == HISTORY


def test_shopifys_settings_are_read_in_its_own_folder_only():
    readers = {
        path.relative_to(ROOT).parent.as_posix()
        for path in (ROOT / "integrations").rglob("*.py")
        if "settings.SHOPIFY_" in path.read_text("utf-8")
    }
    assert readers == {"integrations/shopify"}
