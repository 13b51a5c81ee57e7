"""Indexes for searching: whoever lacks them is told, and a command adds them."""

from io import StringIO

import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import connection

from roapp.operations import trigrams


def said() -> str:
    out = StringIO()
    call_command("add_search_indexes", stdout=out)
    return out.getvalue()


def warnings() -> list[str]:
    return [
        each.msg
        for each in run_checks(databases=["default"])
        if each.id == "roapp.W001"
    ]


def test_database_that_migrations_made_lacks_no_index(db):
    assert (trigrams.missing(connection), warnings()) == ([], [])
    assert said() == "No index for searching is missing.\n"
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT indexname, tablename FROM pg_indexes WHERE indexdef LIKE '%gin_trgm_ops%'"
            )
            assert set(cursor.fetchall()) == {
                (each.name, each.table) for each in trigrams.INDEXES
            }


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'")
def test_database_without_the_extension_says_so_and_a_command_adds_what_lacks():
    with connection.cursor() as cursor:
        cursor.execute("DROP EXTENSION pg_trgm CASCADE")
        names = "customer_names_words, customer_search, order_search, product_search"
        assert warnings() == [f"The database lacks indexes for searching: {names}."]
        cursor.execute("CREATE ROLE powerless; SET ROLE powerless")
        try:
            with pytest.raises(CommandError, match="superuser run: CREATE EXTENSION"):
                said()
        finally:
            cursor.execute("RESET ROLE; DROP ROLE powerless")
    assert said().splitlines() == [
        f"Index {each.name} was added." for each in trigrams.INDEXES
    ]
    assert warnings() == []
