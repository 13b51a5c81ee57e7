"""People who work while a database is upgraded, and how long each of their statements takes."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

LONGEST_WAIT = "2s"
"""For another transaction; a statement that has to wait for longer is an error."""
FIRST_ID = 1_000_000
"""Of the rows that ``multiply`` adds."""
MULTIPLIED = {
    "customers_customer": ("orders / 5", {"email": "'c' || n || '@example.com'"}),
    "customers_customerkey": ("orders / 5", {"key": "'phone:+4915' || n"}),
    "inventory_product": ("orders / 20", {"sku": "'S-' || n"}),
    "inventory_productkey": ("orders / 20", {"key": "'product:' || n"}),
    "orders_order": (
        "orders",
        {
            "external_id": "(5000000 + n)::text",
            "external_number": "'#' || n",
            "customer_id": f"{FIRST_ID} + n / 5",
        },
    ),
    "orders_orderline": (
        "orders * 3",
        {"order_id": f"{FIRST_ID} + n / 3", "external_id": "n::text"},
    ),
    "orders_orderevent": ("orders * 2", {"order_id": f"{FIRST_ID} + n / 2"}),
    "integrations_ledgerentry": ("orders / 5", {"external_id": "(9000000 + n)::text"}),
}
"""Table -> how many copies of its first row there are, and what differs in the n-th."""
UPDATES = {
    f"update {table}": f"UPDATE {table} SET {change} WHERE {where}"
    for table, change, where in [
        ("orders_order", "note = note || '.'", "id = {id}"),
        ("orders_orderline", "price = price + 1", "order_id = {id}"),
        ("customers_customer", "address = address || '.'", "id = {id}"),
        ("inventory_product", "stock = stock + 1", "id = {first}"),
    ]
}
READS = {
    "read the list": "SELECT o.id, o.customer_name, c.phone FROM orders_order o "
    "JOIN customers_customer c ON c.id = o.customer_id "
    "ORDER BY o.placed_at DESC, o.id DESC LIMIT 50",
    "read an order": "SELECT name, sku FROM orders_orderline WHERE order_id = {id}",
    "read products": "SELECT id, name FROM inventory_product ORDER BY id LIMIT 50",
}


class Work:
    """Statements as processes of the version before make them, each in a transaction of its own. They name
    the columns that this version had."""

    def __init__(self, url: str) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        """Statement -> the longest that one took."""
        self.errors: list[str] = []
        self._url = url
        self._ended = threading.Event()
        with psycopg.connect(url) as connection:
            insert = {
                f"insert into {table}": _copy(connection, table, where, changes)
                for table, where, changes in [
                    ("orders_order", "id = {id}", {"external_id": "gen_random_uuid()"}),
                    ("orders_orderline", "order_id = {id}", {"external_id": "''"}),
                    ("orders_orderevent", "order_id = {id}", {}),
                    ("customers_customer", "id = {id}", {}),
                    ("inventory_product", "id = {first}", {}),
                ]
            }
        self._writes = {**insert, **UPDATES}

    @contextmanager
    def going_on(self, orders: int) -> Iterator[None]:
        threads = [
            threading.Thread(target=self._repeat, args=[statements, orders])
            for statements in [self._writes, READS]
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._ended.set()
            for thread in threads:
                thread.join()

    def _repeat(self, statements: dict[str, str], orders: int) -> None:
        turn = 0
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(f"SET lock_timeout = '{LONGEST_WAIT}'")
            while not self._ended.is_set():
                turn += 7_919
                ids = {"id": FIRST_ID + turn % (orders // 5), "first": FIRST_ID}
                for name, statement in statements.items():
                    began = time.perf_counter()
                    try:
                        connection.execute(statement.format(**ids))
                    except psycopg.Error as error:
                        self.errors.append(f"{name}: {error}")
                    taken = time.perf_counter() - began
                    self.seconds[name] = max(self.seconds[name], taken)
                time.sleep(0.02)


def multiply(url: str, orders: int) -> None:
    """Have a database of the first version hold this many orders, with what belongs to them."""
    with psycopg.connect(url, autocommit=True) as connection:
        for table, (number, changes) in MULTIPLIED.items():
            copy = _copy(
                connection, table, "true", {"id": f"{FIRST_ID} + n", **changes}
            )
            connection.execute(
                f"{copy}, generate_series(0, {number.replace('orders', str(orders))} - 1) n"
            )
            connection.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"
            )
        connection.execute("VACUUM ANALYZE")


def _copy(
    connection: psycopg.Connection, table: str, where: str, changes: dict[str, str]
) -> str:
    """An INSERT of a copy of one of a table's rows."""
    found = connection.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s",
        [table],
    )
    columns = [name for (name,) in found if name != "id" or "id" in changes]
    quoted = ", ".join(f'"{name}"' for name in columns)
    values = ", ".join(changes.get(name, f'r."{name}"') for name in columns)
    one = f"(SELECT * FROM {table} WHERE {where} LIMIT 1) r"
    return f"INSERT INTO {table} ({quoted}) SELECT {values} FROM {one}"
