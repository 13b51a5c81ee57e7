"""The lock that imports share with whatever changes customers or their keys."""

from django.db import connection

IMPORT_LOCK = (7310, 1)


def lock_imports() -> None:
    """Wait for the import lock, held until the transaction ends: nobody else creates what we have just
    looked up.

    SQLite needs none: a transaction there has the database to itself (IMMEDIATE).
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", IMPORT_LOCK)
