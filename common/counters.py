"""Figures that grow, added up over all processes of an installation.

Each process counts for itself, and a thread of it brings what it has to Redis every few seconds, so that
whoever counts waits for nobody. Each batch is added once, however often it is sent.
"""

import atexit
import json
import os
import re
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from itertools import accumulate, chain
from typing import Any

import redis
from django.conf import settings
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from redis.backoff import NoBackoff
from redis.retry import Retry

KEY = "roapp:counters"
EVERY = 5
"""Seconds; by so much the figures are old, and a process that is killed takes as much along."""
TIMEOUT = 1
"""Seconds that Redis may take, of the thread's time and of whoever reads."""
SENDERS_ARE_KNOWN = 86_400
"""Seconds for which a batch that is sent again is recognised."""
ADD = """
if redis.call('GET', KEYS[2]) == ARGV[1] then return end
for i = 3, #ARGV, 2 do redis.call('HINCRBYFLOAT', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('SET', KEYS[2], ARGV[1], 'EX', ARGV[2])
"""
Series = tuple[str, ...]
"""A name and the values of its labels."""


class Sums:
    """What this process has counted and not brought to Redis yet."""

    def __init__(self) -> None:
        self._begin()
        os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        """A fork has counted nothing yet, and no thread comes along."""
        self._counted: dict[Series, float] = defaultdict(float)
        self._batch: dict[Series, float] = {}
        self._number = 0
        self._sender = uuid.uuid4().hex
        self._lock, self._sending = threading.Lock(), threading.Lock()
        self._thread: threading.Thread | None = None

    def add(self, *amounts: tuple[Series, float]) -> None:
        """Nothing where nobody can read it."""
        if not settings.METRICS_TOKEN:
            return
        with self._lock:
            for series, amount in amounts:
                self._counted[series] += amount
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="counters", daemon=True
                )
                self._thread.start()

    def send(self) -> None:
        """Raises what Redis' client raises; then the same is sent again the next time."""
        with self._sending:
            if not self._batch:
                with self._lock:
                    self._batch, self._counted = self._counted, defaultdict(float)
                self._number += 1
            if self._batch:
                pairs = ((json.dumps(key), sum_) for key, sum_ in self._batch.items())
                arguments = [self._number, SENDERS_ARE_KNOWN, *chain(*pairs)]
                with client() as server:
                    server.eval(ADD, 2, KEY, f"{KEY}:{self._sender}", *arguments)
                self._batch = {}

    def send_if_possible(self) -> None:
        with suppress(redis.RedisError, OSError):
            self.send()

    def _run(self) -> None:
        while True:
            time.sleep(EVERY)
            self.send_if_possible()


SUMS = Sums()
atexit.register(SUMS.send_if_possible)


class Counter:
    def __init__(self, name: str, text: str, *labels: str) -> None:
        self.name, self.text, self.labels = name, text, labels
        FAMILIES.append(self.family)

    def add(self, *labels: str, by: float = 1) -> None:
        SUMS.add(((self.name, *labels), by))

    def family(self, sums: Mapping[Series, float]) -> CounterMetricFamily:
        family = CounterMetricFamily(self.name, self.text, labels=self.labels)
        for (name, *labels), value in sums.items():
            if name == self.name:
                family.add_metric(labels, value)
        return family


class Histogram:
    """Of seconds, with the share that took no longer than each of ``bounds``."""

    def __init__(
        self, name: str, text: str, *labels: str, bounds: tuple[float, ...]
    ) -> None:
        self.name, self.text, self.labels = name, text, labels
        self.bounds = [*map(str, bounds), "+Inf"]
        FAMILIES.append(self.family)

    def observe(self, *labels: str, seconds: float) -> None:
        bound = next(each for each in self.bounds if seconds <= float(each))
        SUMS.add(
            ((self.name, *labels, bound), 1), ((self.name, *labels, "sum"), seconds)
        )

    def family(self, sums: Mapping[Series, float]) -> HistogramMetricFamily:
        family = HistogramMetricFamily(self.name, self.text, labels=self.labels)
        for name, *labels, last in sums:
            if (name, last) == (self.name, "sum"):
                series = (name, *labels)
                counts = [sums.get((*series, bound), 0) for bound in self.bounds]
                buckets = list(zip(self.bounds, accumulate(counts), strict=True))
                family.add_metric(labels, buckets, sums[*series, "sum"])
        return family


FAMILIES: list[Callable[[Mapping[Series, float]], Metric]] = []


def families(client: "redis.Redis") -> Iterator[Metric]:
    """What all processes have counted since Redis was empty, as Prometheus wants it."""
    found: Any = client.hgetall(KEY)
    sums = {tuple(json.loads(key)): float(value) for key, value in found.items()}
    return (family(sums) for family in FAMILIES)


def client() -> "redis.Redis":
    """Celery's notation of the address and redis' own differ in two places."""
    address = settings.REDIS_URL.replace("redis+socket://", "unix://")
    address = re.sub(
        "CERT_(NONE|OPTIONAL|REQUIRED)", lambda found: found[1].lower(), address
    )
    return redis.Redis.from_url(
        address,
        socket_timeout=TIMEOUT,
        socket_connect_timeout=TIMEOUT,
        retry=Retry(NoBackoff(), 0),
    )
