"""Everything that is ever asked of Shopify, against Shopify's own schema, and what it costs."""

import gzip
import json
from pathlib import Path

import pytest
from graphql import (
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    build_client_schema,
    parse,
    validate,
    visit,
)

from fakeshop.cost import requested_cost
from fakeshop.documents import SCHEMA_FILE, schema
from fakeshop.prune import DOCUMENTS as FILES
from fakeshop.prune import prune
from integrations.shopify import queries
from integrations.shopify.by_id import LINES

PUBLISHED = Path(__file__).resolve().parents[4] / "shared" / "shopify"
pytestmark = pytest.mark.once


class _Deprecated(Visitor):
    def __init__(self, types: TypeInfo) -> None:
        super().__init__()
        self.types, self.found = types, set()

    def enter_field(self, *_node: object) -> None:
        field, parent = self.types.get_field_def(), self.types.get_parent_type()
        if field and field.deprecation_reason is not None:
            self.found.add(f"{parent.name}: {field.deprecation_reason}")


def deprecated(text: str, published) -> set[str]:
    types = TypeInfo(published)
    visitor = _Deprecated(types)
    visit(parse(text), TypeInfoVisitor(types, visitor))
    return visitor.found


@pytest.mark.parametrize("text", queries.ALL)
def test_document_is_valid_and_free_of_deprecated_fields(text):
    assert validate(schema(), parse(text)) == []
    assert deprecated(text, schema()) == set()


def test_deprecated_and_unknown_fields_would_be_found():
    assert deprecated(
        "{ orders(first: 1) { nodes { customer { email } } } }", schema()
    ) == {"Customer: Use `defaultEmailAddress.emailAddress` instead."}
    assert validate(schema(), parse("{ orders(first: 1) { nodes { orderNumber } } }"))


@pytest.mark.parametrize("version", ["2026-04", "2026-07", "2026-10"])
def test_documents_are_valid_in_the_published_schemas(version):
    file = PUBLISHED / f"admin_{version}.json.gz"
    if not file.exists():
        pytest.skip(
            "Shopify's published schema is not beside this checkout; the pruned copy was tested above."
        )
    with gzip.open(file, "rt", encoding="utf-8") as published:
        content = json.load(published)
    whole = build_client_schema(content.get("data", content), assume_valid=True)
    for text in queries.ALL:
        assert (validate(whole, parse(text)), deprecated(text, whole)) == ([], set())
    if version in SCHEMA_FILE.name:
        assert prune(
            whole, [path.read_text("utf-8") for path in sorted(FILES.glob("*.graphql"))]
        ) == SCHEMA_FILE.read_text("utf-8")


@pytest.mark.parametrize(
    ("text", "variables", "points"),
    [
        (queries.CHANGED_ORDERS, {"first": 250, "lines": LINES}, 398),
        (queries.CHANGED_ORDERS, {"first": 2, "lines": LINES}, 38),
        (queries.CHANGED_ORDERS_SLIM, {"first": 250}, 13),
        (queries.ORDERS_COUNT, {}, 1),
        (queries.ORDERS_BY_ID, {"ids": [], "lines": LINES}, 36),
        (queries.ORDER_LINES, {"lines": 250}, 58),
        (queries.PRODUCT_TEXTS, {"ids": []}, 2),
        (queries.SHOP, {}, 4),
        (queries.NEWEST_ORDER, {}, 4),
        (queries.BULK_RUN, {}, 10),
        (queries.BULK_LOOK, {}, 1),
        (queries.BULK_CANCEL, {}, 10),
        (queries.WEBHOOK_SUBSCRIPTIONS, {}, 11),
        (queries.WEBHOOK_CREATE, {}, 10),
        (queries.WEBHOOK_DELETE, {}, 10),
    ],
)
def test_points(text, variables, points):
    assert requested_cost(schema(), parse(text), variables) == points


def test_a_full_page_costs_at_most_1_6_points_per_order():
    assert (
        requested_cost(
            schema(), parse(queries.CHANGED_ORDERS), {"first": 250, "lines": LINES}
        )
        / 250
        <= 1.6
    )
