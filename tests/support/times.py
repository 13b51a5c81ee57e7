"""The moments at which most tests play."""

from datetime import UTC, datetime, timedelta

DAY = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
"""When an order was placed, a product made, a receipt posted."""
NOW = DAY + timedelta(hours=1)
"""When something is done with it."""
