"""What machines ask: is the process alive, can it serve, how do the stores do. They come from beside us, by
address and over http, and without a login."""

import secrets
import sys
from collections.abc import Callable

from django.conf import settings
from django.contrib.staticfiles.storage import ManifestFilesMixin
from django.core.files.storage import storages
from django.db import InterfaceError, OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotFound,
    JsonResponse,
)
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from integrations.metrics import StoreMetrics
from integrations.models import Heartbeat
from roapp.operations.metrics import Installation
from roapp.version import VERSION

RETRY_AFTER = 10
"""Seconds after which a page that found no database is asked for again."""


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers, with its version; it asks nobody else, so that a database that is gone restarts no
    web server."""
    return HttpResponse(f"ok {VERSION}\n", content_type="text/plain; charset=utf-8")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """200 while pages can be served, else 503. A broker or a worker that is down does not keep staff from
    their pages; how old the worker's last sign of life is stands in ``worker_seconds`` (null: none was ever
    seen). ``clock`` is "wrong" while that sign comes from the future."""
    now = timezone.now()
    try:
        connection.ensure_connection()
        lacking = what_is_missing()
        if lacking:
            return JsonResponse({"database": "ok", "missing": lacking}, status=503)
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
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' text format, for whoever shows METRICS_TOKEN as a bearer token; without that setting there
    is no such page."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not settings.METRICS_TOKEN or not secrets.compare_digest(
        given.encode(), settings.METRICS_TOKEN.encode()
    ):
        return HttpResponseNotFound("no such page\n", content_type="text/plain")
    registry = CollectorRegistry()
    registry.register(Installation())
    registry.register(StoreMetrics(timezone.now()))
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


PROBES = {"/healthz": healthz, "/readyz": readyz, "/metrics": metrics}


def probes(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware that answers them before any other asks for the right host, or for https."""

    def answer(request: HttpRequest) -> HttpResponse:
        return PROBES.get(request.path_info, get_response)(request)

    return answer


def what_is_missing() -> list[str]:
    """What has to be done before pages can be served: "migrations", "static files"."""
    if not _complete:
        executor = MigrationExecutor(connection)
        storage = storages["staticfiles"]
        lacks = {
            "migrations": executor.migration_plan(executor.loader.graph.leaf_nodes()),
            "static files": isinstance(storage, ManifestFilesMixin)
            and not storage.hashed_files,
        }
        if missing := [name for name, is_missing in lacks.items() if is_missing]:
            return missing
        _complete.append(True)
    return []


_complete: list[bool] = []
"""Filled once nothing is missing; to look at all migrations takes a while."""


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
