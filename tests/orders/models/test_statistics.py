"""How often PostgreSQL looks at the orders anew, which decides how it reads them."""

import pytest
from django.db import connection


@pytest.mark.django_db
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="has no such setting")
def test_orders_are_looked_at_after_ten_thousand_changes_however_many_there_are():
    with connection.cursor() as cursor:
        cursor.execute("SELECT reloptions FROM pg_class WHERE relname = 'orders_order'")
        ((options,),) = cursor.fetchall()
    assert sorted(options) == [
        "autovacuum_analyze_scale_factor=0",
        "autovacuum_analyze_threshold=10000",
    ]
