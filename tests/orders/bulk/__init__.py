"""Bulk actions."""

GONE = (
    "This question is no longer open, and nothing was done now. "
    "If it was answered before, the outcome is among the recent actions."
)
