"""One manual update of an order in ten minutes: accepted at the tenth, not a moment before."""

from datetime import timedelta

import pytest

from orders.domain.refresh_claim import REFRESH_INTERVAL, claim_refresh
from tests.support.times import NOW

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("since", "is_accepted"),
    [
        (timedelta(0), False),
        (REFRESH_INTERVAL - timedelta(microseconds=1), False),
        (REFRESH_INTERVAL, True),
        (REFRESH_INTERVAL + timedelta(microseconds=1), True),
    ],
)
def test_claim_is_accepted_from_exactly_ten_minutes_on(made_here, since, is_accepted):
    order = made_here()
    assert claim_refresh([order.pk], by_id=None, now=NOW) == {order.pk}
    assert claim_refresh([order.pk], by_id=None, now=NOW + since) == (
        {order.pk} if is_accepted else set()
    )
    assert timedelta(minutes=10) == REFRESH_INTERVAL
