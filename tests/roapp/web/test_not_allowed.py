"""What somebody reads who visits an address that takes only what forms send."""

import pytest
from django.urls import reverse

from tests.support.html import text_of


@pytest.mark.django_db
def test_visiting_what_only_takes_forms_says_that_nothing_was_done(kim_client):
    answer = kim_client.get(reverse("orders:write-off-selection"))
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert (
        "405 Nothing was done This address takes only what a form sends. What you sent before you signed in "
        "again did not arrive: go back to that page and send it again. Go to the orders"
    ) in text_of(answer.content.decode())


def test_address_that_there_is_not_has_a_page_of_ours_also_while_trying(
    client, settings
):
    settings.DEBUG = True
    for address in ["/orders/999999/", "/no/such/page/"]:
        answer = client.get(address)
        assert answer.status_code == 404
        assert "URLconf" not in answer.content.decode()
        assert "Go to the orders" in answer.content.decode()
