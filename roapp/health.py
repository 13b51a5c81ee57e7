"""What machines ask: is the process alive, can it serve, how do the stores do. None of it needs a login."""

import secrets
import sys

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import InterfaceError, OperationalError, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from integrations.metrics import StoreMetrics
from integrations.models import Heartbeat
from roapp.version import VERSION

RETRY_AFTER = 10
"""Seconds after which a page that found no database is asked for again."""


@require_safe
@never_cache
@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers, with its version; it asks nobody else, so that a database that is gone restarts no
    web server."""
    return HttpResponse(f"ok {VERSION}\n", content_type="text/plain")


@require_safe
@never_cache
@login_not_required
def readyz(request: HttpRequest) -> HttpResponse:
    """200 while pages can be served, else 503. A broker or a worker that is down does not keep staff from
    their pages; how old the worker's last sign of life is stands in ``worker_seconds`` (null: none was ever
    seen). ``clock`` is "wrong" while that sign comes from the future."""
    now = timezone.now()
    try:
        connection.ensure_connection()
        beat = Heartbeat.objects.filter(name="worker").first()
    except (OperationalError, InterfaceError):
        return JsonResponse({"database": "gone"}, status=503)
    return JsonResponse(
        {
            "database": "ok",
            "worker_seconds": round((now - beat.at).total_seconds()) if beat else None,
            "clock": "wrong" if beat and beat.is_ahead(now) else "ok",
        }
    )


@require_safe
@never_cache
@login_not_required
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' text format, for whoever shows METRICS_TOKEN as a bearer token; without that setting there
    is no such page."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not settings.METRICS_TOKEN or not secrets.compare_digest(
        given.encode(), settings.METRICS_TOKEN.encode()
    ):
        raise Http404
    registry = CollectorRegistry()
    registry.register(StoreMetrics(timezone.now()))
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def server_error(request: HttpRequest) -> HttpResponse:
    """The page of an error of ours; while the database is gone it says that, with a status that is asked
    again."""
    # Without the request: what it would put into the page asks the database.
    if not isinstance(sys.exc_info()[1], (OperationalError, InterfaceError)):
        return HttpResponse(render_to_string("500.html"), status=500)
    return HttpResponse(
        render_to_string("503.html"),
        status=503,
        headers={"Retry-After": str(RETRY_AFTER)},
    )
