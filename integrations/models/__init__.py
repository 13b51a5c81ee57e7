"""The rows of integrations: stores and how they are reached, what is not here and why, long works,
messages."""

from integrations.models.heartbeat import Heartbeat
from integrations.models.ledger import OVERRIDABLE, Fate, LedgerEntry
from integrations.models.messages import PrivacyKind, PrivacyRequest, WebhookDelivery
from integrations.models.runs import MOVING, OPEN, ImportRun, RunKind, RunState, RunWay
from integrations.models.stores import (
    FirstImport,
    State,
    StoreConnection,
    next_night,
    validate_secret,
)

__all__ = [
    "MOVING",
    "OPEN",
    "OVERRIDABLE",
    "Fate",
    "FirstImport",
    "Heartbeat",
    "ImportRun",
    "LedgerEntry",
    "PrivacyKind",
    "PrivacyRequest",
    "RunKind",
    "RunState",
    "RunWay",
    "State",
    "StoreConnection",
    "WebhookDelivery",
    "next_night",
    "validate_secret",
]
