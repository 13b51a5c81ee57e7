"""Where no mail server is named: a mail is one line of the log, without its words and addresses, which may be
links that are good for a password."""

import logging
from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

log = logging.getLogger("roapp.mail")


class LoggedMail(BaseEmailBackend):
    """In place of Django's console, which prints mails between the lines of the log."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for mail in email_messages:
            number = len(mail.recipients())
            log.warning(
                "mail “%s” to %s recipients was not sent: EMAIL_URL names no mail server",
                " ".join(str(mail.subject).split()),
                number,
            )
        return len(email_messages)
