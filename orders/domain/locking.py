"""The lock that imports and changes of customers share."""

from django.db import connection

IMPORT_LOCK = (7310, 1)


def lock_imports() -> None:
    """One import writes at a time, until the transaction ends: what one looks up, no other can make
    meanwhile.

    SQLite needs nothing: a transaction there has the database to itself (IMMEDIATE).
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", IMPORT_LOCK)
