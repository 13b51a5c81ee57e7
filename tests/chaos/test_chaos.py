"""Short chaos runs: with every protection nothing is lost, doubled or overwritten; without one of them it is
seen."""

import pytest

from tests.chaos.__main__ import run

pytestmark = [pytest.mark.once, pytest.mark.slow]


def test_nothing_is_lost_doubled_or_overwritten():
    assert run(seed=1, orders=150, seconds=20, quiet=True) == []


def test_a_protection_that_is_not_there_is_missed():
    """A slow machine may not press twice in one storm: up to four of them, as in ``--proof``."""
    found = (
        each
        for seed in range(2, 6)
        for each in run(
            seed=seed, orders=60, seconds=20, without="throttle", quiet=True
        )
    )
    assert any(
        each.startswith("  no manual update within 10 minutes") for each in found
    )
