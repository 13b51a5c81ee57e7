"""HEAD is answered wherever GET is, with the same status and headers, and without a body."""

import pytest
from django.urls import reverse

from tests.support.addresses import addresses, url_of
from tests.support.users import signed_in

pytestmark = pytest.mark.once

OTHERS = ["home", "login", "password", "admin:index"]


@pytest.mark.parametrize("name", [*addresses(), *OTHERS])
def test_head_is_answered_as_get_is(name, admin_user):
    url = reverse(name) if name in OTHERS else url_of(name)
    client = signed_in(admin_user)
    got, head = client.get(url), client.head(url)
    assert head.status_code == got.status_code
    assert head.headers.get("Content-Type") == got.headers.get("Content-Type")
    assert b"".join(head) == b""
