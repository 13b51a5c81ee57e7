"""Where a store's API token comes from: pasted by an admin, or granted for the client id and secret and
shared by all workers until it expires."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_noop

from common.encrypted_field import UndecryptableValue
from integrations.models import StoreConnection
from integrations.platforms.errors import StoreRefused, StoreUnavailable

RENEW_BEFORE_EXPIRY = timedelta(minutes=5)
MIN_RENEWAL_INTERVAL = timedelta(minutes=10)
"""A token that the store refuses is replaced at most once in this time. If the new one is refused as well, an
admin must act."""
LEASE = timedelta(seconds=60)
"""How long one worker may take to request a token; then another one may."""
LOCK_TIMEOUT = 8.0
"""Seconds to wait for the token that another worker is requesting."""
POLL_INTERVAL = 0.2
NOT_GRANTED = gettext_noop(
    "The store has not granted a new access token yet; RO App will try again."
)
UNREADABLE = gettext_noop(
    "The stored credentials cannot be decrypted with the keys in ENCRYPTION_KEYS. Restore the old key, or "
    "enter the credentials again."
)
Grant = Callable[[], tuple[str, int]]
"""Requests a token from the platform: the token and its lifetime in seconds."""


class TokenSource(Protocol):
    def token(self) -> str:
        """A token to send. Raises StoreError if there is none."""

    def renew(self, rejected: str) -> str:
        """Another token than the rejected one; empty if there is none."""


def token_source(connection: StoreConnection, grant: Grant) -> TokenSource:
    """The token that an admin pasted, else one that ``grant`` requests."""
    if isinstance(connection.access_token, UndecryptableValue) or isinstance(
        connection.client_secret, UndecryptableValue
    ):
        return UnreadableToken()
    if connection.access_token:
        return StaticToken(connection.access_token)
    return GrantedToken(connection, grant, timezone.now)


@dataclass(frozen=True, slots=True)
class StaticToken:
    """A token that an admin pasted: there is no other."""

    text: str

    def token(self) -> str:
        return self.text

    def renew(self, rejected: str) -> str:
        return ""


class UnreadableToken:
    """Stands in for a token that cannot be decrypted."""

    def token(self) -> str:
        raise StoreRefused(UNREADABLE, code="unreadable_secret")

    def renew(self, rejected: str) -> str:
        return ""


class GrantedToken:
    """The token of a store that is reached with client id and secret.

    All workers share it through the connection's row: one of them requests a new token under a lease in the
    row, and the others use what it got. A connection that is not saved shares with nobody.
    """

    def __init__(
        self, connection: StoreConnection, grant: Grant, now: Callable[[], datetime]
    ) -> None:
        self.connection, self.grant, self.now = connection, grant, now

    def token(self) -> str:
        """A token that is valid for some minutes at least. Raises StoreError if the platform grants none."""
        if self._is_valid_for(RENEW_BEFORE_EXPIRY):
            return self.connection.granted_token
        return self._shared("")

    def renew(self, rejected: str) -> str:
        """Another token than the rejected one: what another worker has got meanwhile, else a new one; empty
        if the token was renewed a moment ago."""
        return self._shared(rejected)

    def _shared(self, rejected: str) -> str:
        if not self.connection.pk:
            return self._request()
        deadline = time.monotonic() + LOCK_TIMEOUT
        while not self._claim(renewing=bool(rejected)):
            self._reload()
            if self.connection.granted_token != rejected and self._is_valid_for(
                timedelta(0)
            ):
                return self.connection.granted_token
            if (
                rejected
                and self.connection.granting_until is None
                and self._was_renewed()
            ):
                return ""
            if time.monotonic() > deadline:
                raise StoreUnavailable(NOT_GRANTED, code="no_token")
            time.sleep(POLL_INTERVAL)
        return self._request_under_lease(rejected)

    def _claim(self, *, renewing: bool) -> bool:
        """Take the lease; False if another worker holds it. One conditional UPDATE decides between workers.

        An expired lease belonged to a worker that died before it had renewed anything.
        """
        now = self.now()
        row = StoreConnection.objects.filter(pk=self.connection.pk)
        free, expired = Q(granting_until=None), Q(granting_until__lt=now)
        if not renewing:
            return bool(row.filter(free | expired).update(granting_until=now + LEASE))
        allowed = Q(token_renewed_at=None) | Q(
            token_renewed_at__lte=now - MIN_RENEWAL_INTERVAL
        )
        claimed = row.filter(free & allowed | expired)
        return bool(claimed.update(granting_until=now + LEASE, token_renewed_at=now))

    def _was_renewed(self) -> bool:
        at = self.connection.token_renewed_at
        return at is not None and at > self.now() - MIN_RENEWAL_INTERVAL

    def _request_under_lease(self, rejected: str) -> str:
        row = StoreConnection.objects.filter(pk=self.connection.pk)
        try:
            self._reload()
            if self.connection.granted_token != rejected and self._is_valid_for(
                RENEW_BEFORE_EXPIRY
            ):
                return self.connection.granted_token
            return self._request()
        except StoreUnavailable:
            # Nothing was renewed, so it may be tried again.
            row.update(token_renewed_at=None)
            raise
        finally:
            row.update(granting_until=None)

    def _request(self) -> str:
        token, seconds = self.grant()
        self.connection.granted_token = token
        self.connection.granted_until = self.now() + timedelta(seconds=seconds)
        if self.connection.pk:
            # A store that was disconnected meanwhile keeps no token.
            StoreConnection.objects.filter(
                pk=self.connection.pk, store__is_connected=True
            ).update(granted_token=token, granted_until=self.connection.granted_until)
        return token

    def _reload(self) -> None:
        self.connection.refresh_from_db(
            fields=[
                "granted_token",
                "granted_until",
                "granting_until",
                "token_renewed_at",
            ]
        )

    def _is_valid_for(self, margin: timedelta) -> bool:
        until = self.connection.granted_until
        return bool(
            self.connection.granted_token and until and until > self.now() + margin
        )
