"""What tests of an order's page and of a new order share."""

import pytest

from customers.editing import create_customer
from customers.models import Customer
from customers.phones import read_phone
from tests.support.times import NOW


@pytest.fixture
def known(db) -> Customer:
    """Somebody with an e-mail address and a phone number."""
    given = {"first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com"}
    phone = read_phone("0151 23456780", "DE")
    return create_customer(given, phone, by_id=None, now=NOW)
