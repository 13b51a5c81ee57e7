"""Gauges of stores and queues, read from the database at each scrape: all processes report the same."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, time
from typing import Any

from django.db.models import Count, Min, QuerySet
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from common.leases import is_free
from integrations.imports import lifecycle
from integrations.models import (
    Heartbeat,
    ImportJob,
    ImportStatus,
    PrivacyRequest,
    State,
    StoreConnection,
    UnimportedOrder,
    WebhookDelivery,
)
from integrations.periodic import NIGHTLY
from integrations.platforms.registry import platform_of
from integrations.retention import CLEANED
from integrations.sync import polling, retry
from integrations.webhooks import inbox
from orders.bulk import engine
from orders.models import BulkAction, Refresh, RefreshOutcome


class StoreMetrics(Collector):
    """Gauges per store (label ``store``: its domain) and over all; ages are seconds before ``now``."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def collect(self) -> Iterator[GaugeMetricFamily]:
        connections = list(
            StoreConnection.objects.select_related("store").order_by("domain")
        )
        yield self._per_store(
            "roapp_store_poll_age_seconds",
            "Seconds since the store was last polled with success",
            [
                (each, self._age(each.last_poll_at))
                for each in connections
                if each.last_poll_at
            ],
        )
        yield self._per_store(
            "roapp_store_poll_lag_seconds",
            "Seconds by which the store's next poll is overdue",
            [
                (each, max(0.0, self._age(each.due_at)))
                for each in connections
                if each.enabled
            ],
        )
        yield self._per_store(
            "roapp_store_poll_failures",
            "Polls that have failed since the last success",
            [(each, each.attempts) for each in connections],
        )
        yield self._per_store(
            "roapp_store_api_points_available",
            "API points the store had left at its last answer",
            [
                (each, each.points_available)
                for each in connections
                if each.points_available is not None
            ],
        )
        yield self._states(connections)
        yield self._ledger(connections)
        yield GaugeMetricFamily(
            "roapp_refreshes_waiting",
            "Orders that wait for a manual update",
            value=Refresh.objects.filter(outcome=RefreshOutcome.PENDING).count(),
        )
        inbox = WebhookDelivery.objects.filter(drained_at__isnull=True).aggregate(
            number=Count("pk"), oldest=Min("received_at")
        )
        yield GaugeMetricFamily(
            "roapp_webhook_deliveries_waiting",
            "Webhook deliveries that wait to be acted on",
            value=inbox["number"],
        )
        yield GaugeMetricFamily(
            "roapp_oldest_webhook_delivery_age_seconds",
            "Seconds since the oldest of these deliveries came in; 0 if there is none",
            value=self._age(inbox["oldest"]) if inbox["oldest"] else 0,
        )
        yield from self._queues()
        yield self._versions(connections)
        for beat in Heartbeat.objects.filter(name="worker"):
            yield GaugeMetricFamily(
                "roapp_worker_age_seconds",
                "Seconds since background work showed a sign of life",
                self._age(beat.at),
            )

        due = PrivacyRequest.objects.filter(done_at=None).aggregate(at=Min("due_at"))
        if due["at"]:
            yield GaugeMetricFamily(
                "roapp_privacy_request_due_seconds",
                "Seconds until the next privacy request must be completed",
                -self._age(due["at"]),
            )
        for night in Heartbeat.objects.filter(name=NIGHTLY):
            yield GaugeMetricFamily(
                "roapp_nightly_age_seconds",
                "Seconds since the nightly job ended",
                self._age(night.at),
            )
        cleaned = GaugeMetricFamily(
            "roapp_nightly_deleted_rows",
            "Old rows that the last nightly job deleted",
            labels=["rows"],
        )
        for each in Heartbeat.objects.filter(name__startswith=CLEANED):
            cleaned.add_metric([each.name.removeprefix(CLEANED)], each.count or 0)
        yield cleaned

    def _age(self, at: datetime) -> float:
        return (self.now - at).total_seconds()

    def _per_store(
        self, name: str, text: str, values: list[tuple[StoreConnection, float]]
    ) -> GaugeMetricFamily:
        family = GaugeMetricFamily(name, text, labels=["store"])
        for connection, value in values:
            family.add_metric([connection.domain], value)
        return family

    def _queues(self) -> Iterator[GaugeMetricFamily]:
        waiting = GaugeMetricFamily(
            "roapp_queue_waiting",
            "Rows that a worker may take and none has taken",
            labels=["queue"],
        )
        age = GaugeMetricFamily(
            "roapp_queue_age_seconds",
            "Seconds for which the one that waits longest has been due; 0 if none waits",
            labels=["queue"],
        )
        for name, rows in self._due().items():
            free = rows.filter(is_free(self.now), due_at__lte=self.now)
            found = free.aggregate(number=Count("pk"), since=Min("due_at"))
            waiting.add_metric([name], found["number"])
            age.add_metric([name], self._age(found["since"]) if found["since"] else 0)
        yield from [waiting, age]

    def _due(self) -> dict[str, QuerySet[Any]]:
        """By the task that works on them; those of stores that may not be asked do not count."""
        now = self.now
        return {
            "poll_stores": polling.due_connections(now),
            "refresh_store": Refresh.objects.filter(outcome=RefreshOutcome.PENDING),
            "retry_store": UnimportedOrder.objects.filter(
                store__in=retry.stores_with_due_entries(now)
            ),
            "drain_inbox": WebhookDelivery.objects.filter(
                connection__in=inbox.connections_with_messages(now)
            ),
            "advance_run": ImportJob.objects.filter(pk__in=lifecycle.due_runs(now)),
            "continue_action": BulkAction.objects.filter(pk__in=engine.unfinished(now)),
        }

    def _versions(self, connections: list[StoreConnection]) -> GaugeMetricFamily:
        family = GaugeMetricFamily(
            "roapp_api_version_ends_seconds",
            "Seconds until the platform may no longer serve the API version that RO App uses",
            labels=["platform", "version"],
        )
        for platform in {platform_of(each) for each in connections}:
            version = platform.api_version
            if end := platform.end_of_support(version) if version else None:
                at = datetime.combine(end, time(), UTC)
                family.add_metric([platform.slug, version], -self._age(at))
        return family

    def _states(self, connections: list[StoreConnection]) -> GaugeMetricFamily:
        """1 for the state that the store is in, 0 for the others; a store that is not enabled is paused, or
        disconnected."""
        family = GaugeMetricFamily(
            "roapp_store_state", "The state of the store", labels=["store", "state"]
        )
        for connection in connections:
            now = connection.state if connection.enabled else "paused"
            if not connection.store.is_connected:
                now = "disconnected"
            for state in [*State.values, "paused", "disconnected"]:
                family.add_metric([connection.domain, state], float(now == state))
        return family

    def _ledger(self, connections: list[StoreConnection]) -> GaugeMetricFamily:
        family = GaugeMetricFamily(
            "roapp_store_unimported_orders",
            "Orders of the store that were not imported, by status",
            labels=["store", "status"],
        )
        rows = (
            UnimportedOrder.objects.values_list("store", "status")
            .annotate(Count("pk"))
            .order_by()
        )
        counts = Counter({(store, status): number for store, status, number in rows})
        for connection in connections:
            for status in ImportStatus.values:
                family.add_metric(
                    [connection.domain, status], counts[connection.store_id, status]
                )
        return family
