"""What must hold for stock at any time, asked in SQL."""

from decimal import Decimal

from django.db import connection

from inventory.models import StockLevel

DIFFERENT = """
SELECT product_id, warehouse_id, SUM(moved), SUM(level) FROM (
    SELECT product_id, warehouse_id, quantity AS moved, 0 AS level FROM inventory_stockmovement
    UNION ALL SELECT product_id, warehouse_id, 0, quantity FROM inventory_stocklevel
) both_sides GROUP BY product_id, warehouse_id HAVING ROUND(SUM(moved) - SUM(level), 3) <> 0
UNION ALL
SELECT id, 0, stock, total FROM (
    SELECT p.id, p.stock, COALESCE(
        (SELECT SUM(quantity) FROM inventory_stocklevel l WHERE l.product_id = p.id), 0
    ) AS total
    FROM inventory_product p
) stocks WHERE ROUND(stock - total, 3) <> 0
"""
"""Levels that are not the sum of their movements, and products whose stock is not the sum of their levels."""


def differences() -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(DIFFERENT)
        return cursor.fetchall()


def level(product, warehouse) -> Decimal:
    return StockLevel.objects.filter(product=product, warehouse=warehouse).values_list(
        "quantity", flat=True
    ).first() or Decimal(0)
