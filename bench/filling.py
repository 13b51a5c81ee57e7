"""The rows of a large workshop, made by the database itself: a million orders in a minute."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db.backends.utils import CursorWrapper
from django.db.models import Model

FILL = """
INSERT INTO customers_customer (id, first_name, last_name, company, phone, email, address, created_at, names, search)
SELECT *, translate(lower(first_name || ' ' || last_name), 'öü', 'ou'),
  translate(lower(first_name || ' ' || last_name || E'\n' || email || E'\n' || phone), 'öü', 'ou')
FROM (SELECT n AS id, (ARRAY['Ada','Ben','Clara','David','Emil','Frida','Greta','Hannes','Ines','Jonas'])[1 + n %% 10] AS first_name,
  (ARRAY['Schmidt','Müller','Weber','Fischer','Becker','Wagner','Öztürk','Nguyen','Kowalski','Rossi','Dubois'])[1 + n %% 11] || '-' || n AS last_name,
  '', '+49151' || lpad(n::text, 8, '0') AS phone,
  lower((ARRAY['ada','ben','clara','david','emil','frida','greta','hannes','ines','jonas'])[1 + n %% 10]) || '.' || n
  || (ARRAY['@gmx.de','@web.de','@gmail.com'])[1 + n %% 3] AS email, 'Hauptstr. ' || n %% 200 || E'\n10115 Berlin', now() FROM generate_series(1, %(customers)s) n) made;

INSERT INTO customers_customerkey (key, customer_id) SELECT 'phone:' || phone, id FROM customers_customer;

INSERT INTO inventory_product (id, name, name_key, sku, code, description, search, created_at)
SELECT n, 'Display ' || n, 'display ' || n, 'SKU-' || n, '', '', E'display ' || n || E'\nsku-' || n, now()
FROM generate_series(0, 1999) n;

INSERT INTO orders_store (id, name, platform, order_link)
SELECT n, 'Store ' || n, 'shopify', 'https://store-' || n || '.myshopify.com/admin/orders/{id}' FROM generate_series(1, 3) n;

INSERT INTO auth_user (username, first_name, last_name, email, password, is_superuser, is_staff, is_active, date_joined)
SELECT 'staff' || n, 'Staff', n::text, '', '!', false, true, true, now() FROM generate_series(1, 6) n;

CREATE TEMP TABLE made AS
SELECT n AS id, s.ids[1 + (CASE WHEN n %% 10 < 7 THEN 6 ELSE n %% 8 END)] AS status_id, t.ids[1 + n %% 3] AS type_id,
  1 + (n * 7919::bigint) %% %(customers)s AS customer_id, CASE WHEN n %% 3 = 0 THEN u.ids[1 + n %% 6] END AS assignee_id,
  CASE WHEN n %% 5 > 0 THEN 1 + n %% 3 END AS store_id, now() - (%(orders)s - n) * interval '40 seconds' AS placed_at,
  'Display ' || n %% 2000 || ', Battery ' || n %% 977 AS items
FROM generate_series(1, %(orders)s) n,
  (SELECT array_agg(id ORDER BY position) AS ids FROM orders_status) s, (SELECT array_agg(id ORDER BY id) AS ids FROM orders_ordertype) t,
  (SELECT array_agg(id ORDER BY id) AS ids FROM auth_user) u;

INSERT INTO orders_order (id, order_type_id, status_id, customer_id, assignee_id, note, placed_at, needs_attention, customer_name, items,
  total, write_off, search, store_id, external_id, external_number, number_digits, synced_at, store_updated_at, fingerprint, store_customer, store_note,
  delivery_address, delivery_method, delivery_cost, payment, fulfilment, store_total, due_on, cancelled_at, closed_at, gone_at,
  totals_differ)
SELECT m.id, type_id, status_id, customer_id, assignee_id, '', placed_at, m.id %% 1000 = 0, c.first_name || ' ' || c.last_name, items,
  (m.id * 37 %% 90000)::numeric / 100 + 5, CASE WHEN m.id %% 10 < 6 THEN 2 WHEN m.id %% 10 = 6 THEN 1 ELSE 0 END,
  translate(lower(c.email || E'\n' || c.phone || E'\x1f' || CASE WHEN store_id IS NULL THEN '' ELSE '#' || 1000 + m.id || E'\n' END
    || c.first_name || ' ' || c.last_name || E'\n' || items || E'\nsku-' || m.id %% 2000 || E'\nbat-' || m.id %% 977), 'öü', 'ou'),
  store_id, CASE WHEN store_id IS NULL THEN '' ELSE (5000000 + m.id)::text END,
  CASE WHEN store_id IS NULL THEN '' ELSE '#' || 1000 + m.id END, CASE WHEN store_id IS NULL THEN '' ELSE (1000 + m.id)::text END,
  CASE WHEN store_id IS NOT NULL THEN placed_at + interval '1 day' END, placed_at, m.id, '', '', '', 'DHL', 4.9,
  CASE WHEN store_id IS NULL THEN '' WHEN m.id %% 50 = 1 THEN 'refunded' WHEN m.id %% 50 = 2 THEN 'partially_refunded'
    WHEN m.id %% 20 = 3 THEN 'pending' WHEN m.id %% 5000 = 4 THEN 'voided' ELSE 'paid' END,
  CASE WHEN store_id IS NULL THEN '' WHEN m.id > %(orders)s * 0.98 THEN 'unfulfilled' WHEN m.id %% 5000 = 6 THEN 'on_hold' ELSE 'fulfilled' END, 10,
  CASE WHEN m.id %% 7 = 0 THEN (placed_at + interval '7 days')::date END, CASE WHEN m.id %% 100 = 7 THEN placed_at END,
  CASE WHEN store_id IS NOT NULL AND m.id %% 10 < 8 THEN placed_at END, CASE WHEN m.id %% 10000 = 8 AND m.id < %(orders)s / 2 THEN placed_at END,
  m.id %% 10000 = 9 AND m.id < %(orders)s / 2
FROM made m JOIN customers_customer c ON c.id = m.customer_id;

INSERT INTO orders_orderline (order_id, product_id, position, name, sku, quantity, price, discount, total, external_id)
SELECT m.id, CASE WHEN k = 1 THEN m.id %% 2000 END, k, 'Display ' || m.id %% 2000, 'SKU-' || m.id %% 2000, 1, 10, 0, 10, k::text FROM made m, generate_series(1, 3) k;

INSERT INTO orders_orderevent (order_id, kind, at, subject, field, old, new)
SELECT id, 'imported', placed_at, '#' || 1000 + id, '', '', '' FROM made WHERE store_id IS NOT NULL;

DROP TABLE made;
SELECT setval(pg_get_serial_sequence('orders_order', 'id'), %(orders)s);
SELECT setval(pg_get_serial_sequence('customers_customer', 'id'), %(customers)s);
SELECT setval(pg_get_serial_sequence('orders_store', 'id'), 3);
"""


def fill(size: int) -> None:
    """``size`` orders and what belongs to them, into an empty migrated PostgreSQL of which we are superuser."""
    from django.db import connection

    from customers.models import Customer, CustomerKey
    from inventory.models import Product
    from orders.models import Order, OrderEvent, OrderLine

    models = [Customer, CustomerKey, Product, Order, OrderLine, OrderEvent]
    values = {"orders": size, "customers": size // 5}
    with connection.cursor() as cursor:
        for model in models:
            _set_defaults(cursor, model)
        with _without_indexes(cursor, [model._meta.db_table for model in models]):
            for statement in FILL.split(";\n"):
                if statement.strip():
                    cursor.execute(statement, values)
        connection.commit()
        cursor.execute("VACUUM ANALYZE")


@contextmanager
def _without_indexes(cursor: CursorWrapper, tables: list[str]) -> Iterator[None]:
    """Indexes are built when all rows are there, and no row is checked against another table: that takes a
    fifth of the time."""
    cursor.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s) AND NOT EXISTS"
        " (SELECT FROM pg_constraint WHERE conname = indexname)",
        [tables],
    )
    indexes = cursor.fetchall()
    cursor.execute("SET session_replication_role = replica")
    for name, _definition in indexes:
        cursor.execute(f'DROP INDEX "{name}"')
    yield
    cursor.execute("SET session_replication_role = DEFAULT")
    for _name, definition in indexes:
        cursor.execute(definition)


def _set_defaults(cursor: CursorWrapper, model: type[Model]) -> None:
    """Columns that FILL does not name get what Django would give them."""
    from django.db import connection

    for field in model._meta.concrete_fields:
        if (
            not field.null
            and not field.primary_key
            and (field.has_default() or field.empty_strings_allowed)
        ):
            value = field.get_db_prep_save(field.get_default(), connection)
            cursor.execute(
                f'ALTER TABLE {model._meta.db_table} ALTER COLUMN "{field.column}" SET DEFAULT %s',
                [value],
            )
