"""The order list, as a test asks for it and reads it."""

import re

from django.test import Client

from tests.support.html import page

PART = {"HX-Request": "true", "HX-Target": "results"}
"""The headers with which htmx asks for the rows alone."""


def list_page(client: Client, query: str = "?view=all", **headers: str) -> str:
    """The whole list; "" asks for the list as it was left."""
    return page(client, f"/orders/{query}", **headers)


def order_ids(html: str) -> list[int]:
    """The orders that the list shows."""
    return [int(each) for each in re.findall(r'<tr id="order-(\d+)"', html)]
