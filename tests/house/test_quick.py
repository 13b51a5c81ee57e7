"""Which tests ``make check`` runs beside those that need no database."""

import pytest

from tests.quick import mirrored

pytestmark = pytest.mark.once
STOCK, VIEWS = "tests/inventory/test_stock.py", "tests/inventory/views/test_products.py"


@pytest.mark.parametrize(
    ("changed", "expected", "others"),
    [
        ("inventory/stock.py", STOCK, VIEWS),
        ("inventory/views/products.py", VIEWS, STOCK),
        ("inventory/models/product.py", STOCK, VIEWS),
        ("inventory/management/commands/none.py", STOCK, VIEWS),
        ("templates/inventory/product.html", STOCK, VIEWS),
    ],
)
def test_what_lies_beside_a_change_is_run(changed, expected, others):
    found = mirrored([changed])
    assert expected in found
    assert others not in found


def test_changed_test_is_run_alone():
    assert mirrored([STOCK]) == {STOCK}


def test_what_has_no_mirrored_it_asks_for_none():
    assert mirrored(["README.md", "templates/404.html", "static/app.css"]) == set()


def test_all_changes_count():
    assert {STOCK, VIEWS} <= mirrored(["inventory/stock.py", VIEWS])
