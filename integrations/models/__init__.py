"""Models of integrations: store connections, unimported orders, import jobs and webhook deliveries."""

from integrations.models.heartbeat import Heartbeat
from integrations.models.import_job import (
    ASKS_CODE,
    MOVING,
    OPEN,
    ImportJob,
    JobKind,
    JobMethod,
    JobState,
)
from integrations.models.messages import PrivacyKind, PrivacyRequest, WebhookDelivery
from integrations.models.order_lookup import OrderLookup
from integrations.models.store_day import StoreDay
from integrations.models.store_event import StoreEvent, StoreEventKind
from integrations.models.stores import (
    FirstImport,
    State,
    StoreConnection,
    next_night,
    validate_secret,
)
from integrations.models.unimported_order import (
    OVERRIDABLE,
    ImportStatus,
    UnimportedOrder,
)

__all__ = [
    "ASKS_CODE",
    "MOVING",
    "OPEN",
    "OVERRIDABLE",
    "FirstImport",
    "Heartbeat",
    "ImportJob",
    "ImportStatus",
    "JobKind",
    "JobMethod",
    "JobState",
    "OrderLookup",
    "PrivacyKind",
    "PrivacyRequest",
    "State",
    "StoreConnection",
    "StoreDay",
    "StoreEvent",
    "StoreEventKind",
    "UnimportedOrder",
    "WebhookDelivery",
    "next_night",
    "validate_secret",
]
