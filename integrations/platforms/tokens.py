"""Where a store's API token comes from: pasted by an admin, or granted for the client id and secret and kept
until it ends."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext_noop

from integrations.models import StoreConnection
from integrations.platforms.errors import StoreUnavailable

EARLY = timedelta(minutes=5)
"""A granted token is renewed this long before it ends."""
RENEWED_AGAIN = timedelta(minutes=10)
"""A token that the store refuses is replaced at most once in this time: two in a row mean that somebody must
look."""
ASKING = timedelta(seconds=60)
"""As long as one worker may take to ask for a token; then another may."""
PATIENCE = 8.0
"""Seconds to wait for the token that another worker is asking for."""
PAUSE = 0.2
SLOW = gettext_noop("The store has not yet granted a new access token; RO App asks again by itself.")
Grant = Callable[[], tuple[str, int]]
"""Asks the platform for a token: the token and the seconds it lasts."""


class GrantedToken:
    """The token of a store that is reached with client id and secret, shared by all workers through the
    connection's row.

    One worker asks for a new token, under a lease in the row, and the others take what it got. A connection
    without a row has nobody to share with.
    """

    def __init__(self, connection: StoreConnection, grant: Grant, now: Callable[[], datetime]) -> None:
        self.connection, self.grant, self.now = connection, grant, now

    def token(self) -> str:
        """A token that lasts a few minutes yet. Raises StoreError if the platform grants none."""
        return self.connection.granted_token if self._lasts(EARLY) else self._shared("")

    def renew(self, rejected: str) -> str:
        """Another token than the rejected one: what another worker has got meanwhile, else a new one; empty
        if one was renewed just now."""
        return self._shared(rejected)

    def _shared(self, rejected: str) -> str:
        if not self.connection.pk:
            return self._ask()
        until = time.monotonic() + PATIENCE
        while not self._claim(renewing=bool(rejected)):
            self._read()
            if self.connection.granted_token != rejected and self._lasts(timedelta(0)):
                return self.connection.granted_token
            if rejected and self.connection.granting_until is None and self._was_renewed():
                return ""
            if time.monotonic() > until:
                raise StoreUnavailable(SLOW, code="no_token")
            time.sleep(PAUSE)
        return self._ask_for_all(rejected)

    def _claim(self, *, renewing: bool) -> bool:
        """Whether asking is ours now: one conditional UPDATE decides between workers. A lease that ran out is
        a worker's that died before it had renewed anything."""
        now = self.now()
        row, ran_out = StoreConnection.objects.filter(pk=self.connection.pk), Q(granting_until__lt=now)
        if not renewing:
            return bool(row.filter(Q(granting_until=None) | ran_out).update(granting_until=now + ASKING))
        allowed = Q(token_renewed_at=None) | Q(token_renewed_at__lte=now - RENEWED_AGAIN)
        return bool(
            row.filter(Q(granting_until=None) & allowed | ran_out).update(
                granting_until=now + ASKING, token_renewed_at=now
            )
        )

    def _was_renewed(self) -> bool:
        at = self.connection.token_renewed_at
        return at is not None and at > self.now() - RENEWED_AGAIN

    def _ask_for_all(self, rejected: str) -> str:
        row = StoreConnection.objects.filter(pk=self.connection.pk)
        try:
            self._read()
            if self.connection.granted_token != rejected and self._lasts(EARLY):
                return self.connection.granted_token
            return self._ask()
        except StoreUnavailable:
            row.update(token_renewed_at=None)  # Nothing was renewed, so it may be tried again.
            raise
        finally:
            row.update(granting_until=None)

    def _ask(self) -> str:
        token, seconds = self.grant()
        self.connection.granted_token, self.connection.granted_until = (
            token,
            self.now() + timedelta(seconds=seconds),
        )
        if self.connection.pk:
            self.connection.save(update_fields=["granted_token", "granted_until"])
        return token

    def _read(self) -> None:
        self.connection.refresh_from_db(
            fields=["granted_token", "granted_until", "granting_until", "token_renewed_at"]
        )

    def _lasts(self, margin: timedelta) -> bool:
        until = self.connection.granted_until
        return bool(self.connection.granted_token and until and until > self.now() + margin)
