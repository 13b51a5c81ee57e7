"""What /metrics reports beside the stores: requests, tasks, what waits in the broker, and this version."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import redis
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from common import counters
from roapp.version import VERSION

REQUESTS = counters.Counter(
    "roapp_requests_total", "Requests that were answered", "view", "status"
)
REQUEST_SECONDS = counters.Histogram(
    "roapp_request_seconds",
    "How long requests took to be answered",
    "view",
    bounds=(0.1, 0.3, 1, 3, 10),
)
NO_VIEW = "none"
"""Of static files, and of requests that were answered before an address was looked for."""


def requests_counted(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware. By the view's name, of which there are so many; paths there are without end."""

    def answer(request: HttpRequest) -> HttpResponse:
        began = time.monotonic()
        response = get_response(request)
        match = request.resolver_match
        view = match.view_name if match else NO_VIEW
        REQUESTS.add(view, str(response.status_code))
        REQUEST_SECONDS.observe(view, seconds=time.monotonic() - began)
        return response

    return answer


class Installation(Collector):
    """Of all processes together: what they have counted, and what waits for them."""

    def collect(self) -> Iterator[Metric]:
        build = GaugeMetricFamily(
            "roapp_build_info", "1 for the version that answers", labels=["version"]
        )
        build.add_metric([VERSION], 1)
        waiting = GaugeMetricFamily(
            "roapp_tasks_waiting",
            "Messages that wait in the broker for a worker",
            labels=["queue"],
        )
        counted: list[Metric] = []
        with suppress(redis.RedisError, OSError), counters.client() as client:
            counted = list(counters.families(client))
            for queue in settings.CELERY_TASK_QUEUES:
                waiting.add_metric([queue], client.llen(queue))
        yield GaugeMetricFamily(
            "roapp_broker_answers",
            "0 while Redis does not answer: what waits there and what was counted is missing then",
            value=float(bool(waiting.samples)),
        )
        yield from [build, waiting, *counted]
