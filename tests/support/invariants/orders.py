"""What must hold for orders at any time, asked in SQL (write-offs, sums, copies)."""

from django.db import connection

QUESTIONS = {
    "a written-off line equals what it was when written off": """
        SELECT l.id FROM orders_orderline l
        LEFT JOIN orders_linewriteoff w ON w.line_id = l.id AND w.reversed_at IS NULL
        WHERE (l.written_off_at IS NULL) <> (w.id IS NULL)
           OR l.quantity <> w.quantity OR l.price <> w.price OR l.discount <> w.discount""",
    "a write-off's movement took what the write-off says, and only a reversed one is put back": """
        SELECT w.id FROM orders_linewriteoff w
        JOIN inventory_stockmovement m ON m.id = w.movement_id
        LEFT JOIN inventory_stockmovement back ON back.reverses_id = m.id
        WHERE m.quantity <> -w.quantity OR (back.id IS NULL) <> (w.reversed_at IS NULL)""",
    "a written-off line's movement is of the line's product": """
        SELECT w.id FROM orders_linewriteoff w
        JOIN orders_orderline l ON l.id = w.line_id
        JOIN inventory_stockmovement m ON m.id = w.movement_id
        WHERE w.reversed_at IS NULL AND m.product_id <> l.product_id""",
    "an order's total is the sum of its lines": """
        SELECT o.id FROM orders_order o
        WHERE o.total <> COALESCE(
            (SELECT SUM(l.total) FROM orders_orderline l WHERE l.order_id = o.id), 0)""",
    "an order repeats its customer's name": """
        SELECT o.id FROM orders_order o LEFT JOIN customers_customer c ON c.id = o.customer_id
        WHERE o.customer_name <> COALESCE(SUBSTR(
            CASE WHEN TRIM(c.first_name || ' ' || c.last_name) <> ''
                THEN TRIM(c.first_name || ' ' || c.last_name) ELSE c.company END,
            1, 255), '')""",
    "an order needs attention if it or a line of it differs": """
        SELECT o.id FROM orders_order o
        WHERE o.needs_attention <> (
            (o.difference IS NOT NULL AND CAST(o.difference AS text) <> 'null') OR EXISTS (
                SELECT 1 FROM orders_orderline l WHERE l.order_id = o.id
                AND l.difference IS NOT NULL AND CAST(l.difference AS text) <> 'null'))""",
    "an order differs only while goods of it are written off": """
        SELECT o.id FROM orders_order o
        WHERE o.difference IS NOT NULL AND CAST(o.difference AS text) <> 'null' AND NOT EXISTS (
            SELECT 1 FROM orders_orderline l WHERE l.order_id = o.id AND l.written_off_at IS NOT NULL)""",
    "a line differs only where its value is not the store's": """
        SELECT l.id FROM orders_orderline l
        WHERE l.difference IS NOT NULL AND CAST(l.difference AS text) <> 'null'
          AND l.quantity = l.store_quantity AND l.price = l.store_price AND l.discount = l.store_discount""",
}


def violations() -> list[tuple[str, list]]:
    """Each broken rule with the ids of its rows."""
    found = []
    with connection.cursor() as cursor:
        for rule, sql in QUESTIONS.items():
            cursor.execute(sql)
            rows = [pk for (pk,) in cursor.fetchall()]
            if rows:
                found.append((rule, rows))
    return found
