"""The first invariant of a store: its orders are the orders here and the unimported orders that say why
not."""

from django.db import connection as database

from fakeshop.shop import FakeShop
from integrations.models import StoreConnection

HERE = "SELECT external_id FROM orders_order WHERE store_id = %s"
NOT_HERE = "SELECT external_id FROM integrations_unimportedorder WHERE store_id = %s"


def ids(sql: str, connection: StoreConnection) -> list[str]:
    with database.cursor() as cursor:
        cursor.execute(sql, [connection.store_id])
        return [row[0] for row in cursor.fetchall()]


def assert_accounted(
    shop: FakeShop, connection: StoreConnection, *, but: set[int] = frozenset()
) -> None:
    """Every order of the shop is here or unimported, never both; ``but`` are ids that may be in
    neither."""
    here, not_here = ids(HERE, connection), ids(NOT_HERE, connection)
    assert len(here) == len(set(here))
    assert set(here) & set(not_here) == set()
    assert {str(pk) for pk in shop.orders} - {str(pk) for pk in but} <= {
        *here,
        *not_here,
    }
