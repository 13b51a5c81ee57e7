from orders.models.bulk import (
    AT_ONCE,
    DONE,
    READ_FROM_STORE,
    BulkAction,
    BulkActionOrder,
    BulkKind,
    BulkOutcome,
)
from orders.models.deletion import DeletedOrder
from orders.models.event import EventKind, OrderEvent
from orders.models.letterhead import Letterhead
from orders.models.line import (
    FOLLOWED_FIELDS,
    LINE_FIELDS,
    LineWriteOff,
    OrderLine,
)
from orders.models.order import ORDER_FIELDS, Order, OrderQuerySet, Row, WriteOff
from orders.models.preferences import Density, Preferences
from orders.models.presence import OrderPresence
from orders.models.refresh import Refresh, RefreshOutcome
from orders.models.saved_view import SavedView
from orders.models.status import Colour, OrderType, Status, StatusGroup
from orders.models.store import Store

__all__ = [
    "AT_ONCE",
    "DONE",
    "FOLLOWED_FIELDS",
    "LINE_FIELDS",
    "ORDER_FIELDS",
    "READ_FROM_STORE",
    "BulkAction",
    "BulkActionOrder",
    "BulkKind",
    "BulkOutcome",
    "Colour",
    "DeletedOrder",
    "Density",
    "EventKind",
    "Letterhead",
    "LineWriteOff",
    "Order",
    "OrderEvent",
    "OrderLine",
    "OrderPresence",
    "OrderQuerySet",
    "OrderType",
    "Preferences",
    "Refresh",
    "RefreshOutcome",
    "Row",
    "SavedView",
    "Status",
    "StatusGroup",
    "Store",
    "WriteOff",
]
