"""What a store's headers may say, and what is made of it."""

import pytest
from requests.structures import CaseInsensitiveDict

from integrations.shopify.transport import Reply


@pytest.mark.once
@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        *[("2", 2), ("2.5", 2.5), ("0", 0), ("-5", 0), ("nan", 0), ("inf", 3_600), ("1e9", 3_600)],
        *[("soon", 0), ("", 0), ("Wed, 21 Oct 2026 07:28:00 GMT", 0)],
    ],
)
def test_retry_after_is_a_number_of_seconds_within_bounds(header, seconds):
    assert Reply(429, CaseInsensitiveDict({"retry-after": header}), b"").retry_after == seconds


@pytest.mark.once
def test_request_id_is_found_in_any_case_and_cut():
    assert Reply(200, CaseInsensitiveDict({"x-request-ID": "a" * 100}), b"").request_id == "a" * 64
    assert Reply(200, CaseInsensitiveDict(), b"").request_id == ""
