"""What processes count is added up in Redis, each batch once, and whoever counts waits for nobody."""

import socket
import subprocess
import sys
import time

import pytest
import redis

from common import counters
from common.counters import Sums

pytestmark = pytest.mark.once
FORKS = """
import os, sys
from django.conf import settings
settings.configure(METRICS_TOKEN="t", REDIS_URL=sys.argv[1])
from common.counters import SUMS
SUMS.add((("forks", "before"), 1))
child = os.fork()
SUMS.add((("forks", "both"), 2.5))
SUMS.send()
if child:
    os.waitpid(child, 0)
"""


@pytest.fixture
def server(valkey, settings) -> redis.Redis:
    settings.METRICS_TOKEN, settings.REDIS_URL = "for-prometheus", valkey
    server = redis.Redis.from_url(valkey)
    server.delete(counters.KEY)
    return server


def counted(server: redis.Redis) -> dict[str, float]:
    found = server.hgetall(counters.KEY)
    return {key.decode(): float(value) for key, value in found.items()}


def test_all_processes_are_added_up_and_a_fork_begins_with_nothing(server, valkey):
    subprocess.run([sys.executable, "-W", "ignore", "-c", FORKS, valkey], check=True)
    assert counted(server) == {'["forks", "before"]': 1, '["forks", "both"]': 5}


def test_batch_that_is_sent_again_counts_once(server):
    sums = Sums()
    sums.add((("a", "b"), 1))
    sums.send()
    sums._batch = {("a", "b"): 1}  # As if the answer had been lost.
    sums.send()
    assert counted(server) == {'["a", "b"]': 1}
    sums.add((("a", "b"), 1))
    sums.send()
    assert counted(server) == {'["a", "b"]': 2}


def test_redis_that_hangs_costs_nobody_time_and_nothing_is_lost(server, settings):
    sums, alive = Sums(), settings.REDIS_URL
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        settings.REDIS_URL = f"redis://127.0.0.1:{hanging.getsockname()[1]}/0"
        began = time.monotonic()
        for _ in range(1_000):
            sums.add((("a",), 1))
        assert time.monotonic() - began < 0.5
        sums.send_if_possible()
        assert time.monotonic() - began < 3
        sums.add((("a",), 1))
    settings.REDIS_URL = alive
    sums.send()
    sums.send()
    assert counted(server) == {'["a"]': 1_001}


def test_nothing_is_counted_where_nobody_may_read_it(server, settings):
    settings.METRICS_TOKEN = ""
    sums = Sums()
    sums.add((("a",), 1))
    sums.send()
    assert (counted(server), sums._thread) == ({}, None)
