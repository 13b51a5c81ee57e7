"""Mails to the admins (ADMIN_EMAILS), written and sent by a worker, in the installation's language.

A mail is claimed by one conditional UPDATE before it is sent, and the claim is given back if the mail server
does not take it: nobody gets it twice, and the next turn tries again.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import mail_admins
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common import mailing
from common.formats import clock, day, grouped
from integrations.alerts.troubles import KeptOut, is_silent, kept_out_of, with_counts
from integrations.models import Heartbeat, State, StoreConnection

log = logging.getLogger("roapp.alerts")
DAILY = "daily mail"
EVERY = timedelta(days=1)


def reach_admins() -> bool:
    """Whether there is anybody to mail, and mail is set up."""
    return bool(settings.ADMINS) and mailing.is_set_up()


def send_due_mails(now: datetime) -> None:
    """Tell the admins once of each store that needs attention, and once a day of what waits for them. Nothing
    is noted where no mail leaves the machine."""
    if not reach_admins():
        return
    with translation.override(settings.LANGUAGE_CODE):
        _mail_refusals(now)
        _mail_daily(now)


def _mail_refusals(now: datetime) -> None:
    refused = StoreConnection.objects.filter(
        enabled=True, state=State.NEEDS_ATTENTION, mailed_at=None
    )
    for connection in refused.select_related("store"):
        _mail_refusal(connection, now)


def _mail_refusal(connection: StoreConnection, now: datetime) -> None:
    row = StoreConnection.objects.filter(pk=connection.pk)
    if row.filter(mailed_at=None).update(mailed_at=now):
        values = {"store": connection.store.name}
        ending = _("Orders of %(store)s are not updated until this is mended.") % values
        _send(
            _("Store %(store)s needs attention") % values,
            f"{_(connection.reason)}\n\n{ending}",
            give_back=lambda: row.update(mailed_at=None),
        )


def _mail_daily(now: datetime) -> None:
    stores = list(with_counts())
    orders = [found for each in stores if (found := kept_out_of(each))]
    silent = [each for each in stores if is_silent(each, now)]
    if not orders and not silent:
        return
    mail, _is_new = Heartbeat.objects.get_or_create(
        name=DAILY, defaults={"at": now - EVERY}
    )
    row = Heartbeat.objects.filter(pk=mail.pk)
    if row.filter(at__lte=now - EVERY).update(at=now):
        lines = [_silence(each) for each in silent] + [
            _waiting(each) for each in orders
        ]
        _send(
            _("Stores: something waits for you"),
            "\n".join(lines),
            give_back=lambda: row.update(at=mail.at),
        )


def _silence(connection: StoreConnection) -> str:
    line = _("%(store)s has not answered since %(since)s. RO App keeps trying.")
    since = connection.failing_since
    shown = f"{day(since)}, {clock(since)}" if since else ""
    return line % {"store": connection.store.name, "since": shown}


def _waiting(orders: KeptOut) -> str:
    line = ngettext(
        "%(count)s order of %(store)s was not imported: %(held)s held, %(failed)s failed.",
        "%(count)s orders of %(store)s were not imported: %(held)s held, %(failed)s failed.",
        orders.count,
    )
    values = {
        "count": grouped(orders.count),
        "store": orders.store,
        "held": grouped(orders.held),
        "failed": grouped(orders.failed),
    }
    path = reverse("stores:unimported", args=[orders.store_id])
    link = f"\n{settings.PUBLIC_URL}{path}" if settings.PUBLIC_URL else ""
    return line % values + link


def _send(subject: str, body: str, *, give_back: Callable[[], object]) -> None:
    try:
        mail_admins(subject, body)
    except (OSError, SMTPException) as error:
        log.warning("mail to the admins was not sent: %s", type(error).__name__)
        give_back()
