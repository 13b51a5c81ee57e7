"""Where a store's API token comes from: pasted by an admin, or granted for the client id and secret and kept until it ends."""

from collections.abc import Callable
from datetime import datetime, timedelta

from integrations.models import StoreConnection

EARLY = timedelta(minutes=5)
"""A granted token is renewed this long before it ends."""
Grant = Callable[[], tuple[str, int]]
"""Asks the platform for a token: the token and the seconds it lasts."""


class GrantedToken:
    """The token of a store that is reached with client id and secret, shared by all workers through the connection's row.

    Two workers may renew at the same time: the platform keeps both tokens valid, and the row keeps the later one.
    """

    def __init__(self, connection: StoreConnection, grant: Grant, now: Callable[[], datetime]) -> None:
        self.connection, self.grant, self.now = connection, grant, now

    def token(self) -> str:
        """A token that lasts a few minutes yet. Raises StoreError if the platform grants none."""
        connection = self.connection
        if connection.granted_token and connection.granted_until and connection.granted_until > self.now() + EARLY:
            return connection.granted_token
        return self._ask()

    def renew(self, rejected: str) -> str:
        """Another token than the rejected one: the one that another worker has got meanwhile, else a new one."""
        if self.connection.pk:
            self.connection.refresh_from_db(fields=["granted_token", "granted_until"])
        return self._ask() if self.connection.granted_token in ("", rejected) else self.token()

    def _ask(self) -> str:
        token, seconds = self.grant()
        self.connection.granted_token, self.connection.granted_until = token, self.now() + timedelta(seconds=seconds)
        if self.connection.pk:
            self.connection.save(update_fields=["granted_token", "granted_until"])
        return token
