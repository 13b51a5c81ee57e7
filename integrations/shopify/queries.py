"""What is asked of Shopify: the GraphQL texts of documents/, with the fragments they name."""

from functools import cache
from pathlib import Path

ALL: list[str] = []
"""Everything that is ever asked."""


@cache
def _file(name: str) -> str:
    folder = Path(__file__).parent / "documents"
    return (folder / f"{name}.graphql").read_text("utf-8")


def _document(*names: str) -> str:
    """The first file with the others, its fragments, behind it."""
    text = "\n".join(_file(name) for name in names)
    ALL.append(text)
    return text


PARTS = ("order_figures", "line_fields")
WITHOUT_CUSTOMERS = ("order_fields", *PARTS)
WITH_CUSTOMERS = (*WITHOUT_CUSTOMERS, "customer_fields")

CHANGED_ORDERS = _document("changed_orders", *WITH_CUSTOMERS)
CHANGED_ORDERS_WITHOUT_CUSTOMERS = _document(
    "changed_orders_without_customers", *WITHOUT_CUSTOMERS
)
CHANGED_ORDERS_SLIM = _document("changed_orders_slim")
FOUND_ORDERS = _document("found_orders", *WITH_CUSTOMERS)
FOUND_ORDERS_WITHOUT_CUSTOMERS = _document(
    "found_orders_without_customers", *WITHOUT_CUSTOMERS
)
ORDERS_COUNT = _document("orders_count")
ORDERS_PREVIEW = _document("orders_preview")
ORDERS_BY_ID = _document("orders_by_id", *WITH_CUSTOMERS)
ORDERS_BY_ID_WITHOUT_CUSTOMERS = _document(
    "orders_by_id_without_customers", *WITHOUT_CUSTOMERS
)
ORDERS_BY_ID_SLIM = _document("orders_by_id_slim")
ORDER_LINES = _document("order_lines", "line_fields")
PRODUCT_TEXTS = _document("product_texts")

SHOP = _document("shop")
NEWEST_ORDER = _document("newest_order")

BULK_RUN = _document("bulk_run")
BULK_LOOK = _document("bulk_look")
BULK_CANCEL = _document("bulk_cancel")
# What Shopify is to carry out by itself.
BULK_ORDERS = _document("bulk_orders", *PARTS, "customer_fields")
BULK_ORDERS_WITHOUT_CUSTOMERS = _document("bulk_orders_without_customers", *PARTS)

WEBHOOK_SUBSCRIPTIONS = _document("webhook_subscriptions")
WEBHOOK_CREATE = _document("webhook_create")
WEBHOOK_DELETE = _document("webhook_delete")
