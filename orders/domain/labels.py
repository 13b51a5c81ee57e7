"""Labels of the payment and fulfilment states of stores, which are shown and never acted on (I2), and of due
dates."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import TypeVar

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from common.formats import day

Code = TypeVar("Code")

PAYMENT: dict[str, str | Promise] = {
    "authorized": gettext_lazy("Authorised"),
    "expired": gettext_lazy("Expired"),
    "paid": gettext_lazy("Paid"),
    "partially_paid": gettext_lazy("Partly paid"),
    "partially_refunded": gettext_lazy("Partly refunded"),
    "pending": pgettext_lazy("payment", "Not paid yet"),
    "refunded": gettext_lazy("Refunded"),
    "voided": pgettext_lazy("payment", "Voided"),
}
FULFILMENT: dict[str, str | Promise] = {
    "fulfilled": gettext_lazy("Fulfilled"),
    "in_progress": pgettext_lazy("fulfilment", "In progress"),
    "on_hold": gettext_lazy("On hold"),
    "open": pgettext_lazy("fulfilment", "Open"),
    "partially_fulfilled": gettext_lazy("Partly fulfilled"),
    "pending_fulfillment": gettext_lazy("Waiting to be fulfilled"),
    "request_declined": gettext_lazy("Request declined"),
    "restocked": gettext_lazy("Restocked"),
    "scheduled": gettext_lazy("Scheduled"),
    "unfulfilled": gettext_lazy("Not fulfilled yet"),
}


def payment_label(state: str) -> str:
    return _word(PAYMENT, state)


def fulfilment_label(state: str) -> str:
    return _word(FULFILMENT, state)


def due_label(due_on: date | None) -> str:
    return _("Due on %(day)s") % {"day": day(due_on)} if due_on else _("No due date")


def usual_days(today: date) -> list[tuple[str, date]]:
    """The days that orders are mostly due on, in words too."""
    return [
        (_("Today"), today),
        (_("Tomorrow"), today + timedelta(days=1)),
        (_("In a week"), today + timedelta(days=7)),
    ]


def _word(words: dict[str, str | Promise], state: str) -> str:
    """A state without a label of ours is shown as the store writes it, made readable."""
    return str(words[state]) if state in words else state.replace("_", " ").capitalize()


class Labels(dict[Code, str]):
    """Labels by stored code, each looked up once."""

    def __init__(self, label: Callable[[Code], str]) -> None:
        super().__init__()
        self.label = label

    def __missing__(self, code: Code) -> str:
        found = self[code] = self.label(code)
        return found
