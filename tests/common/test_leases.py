"""Claiming, extending and releasing rows, here those of the webhook inbox, and waiting after failures."""

from datetime import timedelta
from itertools import pairwise
from uuid import uuid4

import pytest

from common import leases
from common.leases import back_off, claim, claim_batch, extend, is_free, release
from integrations.models import WebhookDelivery
from tests.support.times import DAY

MINUTE = timedelta(minutes=1)
LEASE = 5 * MINUTE


@pytest.fixture
def rows(connection):
    """Seven messages of a store, nobody's."""
    WebhookDelivery.objects.bulk_create(
        WebhookDelivery(connection=connection, webhook_id=str(number), received_at=DAY)
        for number in range(7)
    )
    return WebhookDelivery.objects.order_by("-pk")


def test_claimed_row_is_ours_until_its_lease_has_run_out(rows):
    lease = claim(rows, now=DAY, duration=LEASE)
    assert set(rows.values_list("lease", "leased_until")) == {(lease, DAY + LEASE)}
    assert claim(rows, now=DAY + LEASE, duration=LEASE) is None
    later = claim(rows, now=DAY + LEASE + timedelta(microseconds=1), duration=LEASE)
    assert later not in {None, lease}


def test_batch_is_the_first_free_rows_in_their_order(rows):
    first = claim_batch(rows, size=3, now=DAY, duration=LEASE)
    second = claim_batch(rows, size=9, now=DAY, duration=LEASE)
    assert [each.pk for each in [*first, *second]] == list(
        rows.values_list("pk", flat=True)
    )
    assert [len(batch) for batch in [first, second]] == [3, 4]
    assert [len({each.lease for each in batch}) for batch in [first, second]] == [1, 1]
    assert claim_batch(rows, size=3, now=DAY, duration=LEASE) == []


def test_batch_may_be_larger_than_what_one_statement_takes(rows, monkeypatch):
    monkeypatch.setattr(leases, "IDS_AT_ONCE", 2)
    assert [each.pk for each in claim_batch(rows, size=5, now=DAY, duration=LEASE)] == [
        each.pk for each in rows[:5]
    ]


def test_extended_lease_runs_from_then_on_and_keeps_values_with_it(rows):
    lease = claim(rows, now=DAY, duration=LEASE)
    assert extend(rows, lease, now=DAY + MINUTE, duration=LEASE, topic="orders/create")
    assert set(rows.values_list("lease", "leased_until", "topic")) == {
        (lease, DAY + MINUTE + LEASE, "orders/create")
    }


def test_released_rows_are_anybodys_at_once(rows):
    lease = claim(rows, now=DAY, duration=LEASE)
    assert release(rows, lease, due_at=DAY + MINUTE)
    assert set(rows.values_list("lease", "leased_until", "due_at")) == {
        (None, None, DAY + MINUTE)
    }
    assert rows.filter(is_free(DAY)).count() == 7


@pytest.mark.parametrize("lease", [uuid4(), None], ids=["another's", "none"])
def test_who_does_not_hold_the_lease_writes_nothing(rows, lease):
    held = rows.filter(pk=rows[0].pk)
    claim(held, now=DAY, duration=LEASE)
    before = list(rows.values())
    assert not extend(rows, lease, now=DAY, duration=2 * LEASE, topic="other")
    assert not release(rows, lease, topic="other")
    assert list(rows.values()) == before


def test_wait_doubles_up_to_the_longest():
    waits = [
        back_off(number, first=MINUTE, longest=60 * MINUTE) / MINUTE
        for number in range(1, 9)
    ]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    assert back_off(
        5_000, first=timedelta(days=1), longest=timedelta(days=9)
    ) == timedelta(days=9)
    assert back_off(1, first=60 * MINUTE, longest=MINUTE) == MINUTE


def test_waits_differ_by_up_to_a_tenth_and_stay_below_the_longest(monkeypatch):
    monkeypatch.setattr(leases, "JITTER", 0.1)
    waits = [back_off(3, first=MINUTE, longest=60 * MINUTE) / MINUTE for _ in range(50)]
    assert all(4 <= wait <= 4.4 for wait in waits)
    assert any(one != other for one, other in pairwise(waits))
    assert back_off(9, first=MINUTE, longest=60 * MINUTE) == 60 * MINUTE
