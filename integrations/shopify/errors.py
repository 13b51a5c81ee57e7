"""What Shopify's failures mean: every way in which an answer is no answer, as the neutral errors with texts
for admins.

The catalogue is Shopify's: https://shopify.dev/docs/api/usage/response-codes and the access and rate limit
pages beside it. Texts are fixed sentences, so that pages can show them in the reader's language.
"""

import re

from django.utils.translation import gettext_noop

from integrations.platforms.errors import StoreError, StoreRefused, StoreUnavailable

BLOCKED_SECONDS = 600.0
"""Seconds to send nothing to a store that takes us for an attack."""

BUSY = gettext_noop("Shopify is busy. RO App retries automatically.")
DOWN = gettext_noop(
    "Shopify does not answer or reports an error. RO App retries automatically."
)
BAD_ANSWER = gettext_noop(
    "Shopify's answer was truncated or malformed. RO App retries automatically."
)
SUSPICIOUS = gettext_noop(
    "Shopify's protection blocked the request. RO App waits ten minutes before the next one."
)
TOKEN_REFUSED = gettext_noop(
    "Shopify refuses the access token or the client ID and secret: it is wrong, expired or revoked. Enter "
    "it again in the store's settings."
)
NON_EXPIRING = b"Non-expiring access tokens are no longer accepted"
"""In the body of a 403."""
TOKEN_RETIRED = gettext_noop(
    "Shopify no longer accepts this kind of access token. Enter the client ID and secret of an app in the "
    "Dev Dashboard instead, in the store's settings."
)
APP_NOT_INSTALLED = gettext_noop(
    "The app is not installed in this store. Install it in Shopify's Dev Dashboard, then press Check "
    "connection."
)
OTHER_ORGANISATION = gettext_noop(
    "The app and the store belong to different Shopify organisations, so Shopify grants no token. Create "
    "the app in the store's own organisation."
)
SCOPE_MISSING = gettext_noop(
    "The app lacks a scope that RO App needs (read_orders, read_products, read_customers). "
    "Add it in Shopify's Dev Dashboard, release the app's new version, then press Check connection."
)
APP_NOT_APPROVED = gettext_noop(
    "The app may not read orders yet: request access to protected customer data in Shopify's Dev Dashboard, "
    "then press Check connection."
)
SHOP_CLOSED = gettext_noop(
    "The shop is closed, frozen or unpaid at Shopify. When it is open again, press Check connection."
)
SHOP_LOCKED = gettext_noop(
    "Shopify has locked the shop. When Shopify has unlocked it, press Check connection."
)
FORBIDDEN = gettext_noop(
    "Shopify forbids the app to read this store. Check the app's access in Shopify, then press Check "
    "connection."
)
SHOP_UNKNOWN = gettext_noop(
    "Shopify knows no shop under this address. Check the store's domain."
)
REDIRECTED = gettext_noop(
    "The store's address leads somewhere else, and the token is not sent there. Check the store's domain."
)
BAD_QUERY = gettext_noop(
    "Shopify does not understand what RO App asks: this version of RO App is too old or has a fault. Tell "
    "its maintainers."
)


class TooExpensive(StoreError):
    """The question costs more than Shopify answers at once; ask for less. ``share`` is how much of it would
    fit, below 1."""

    def __init__(self, share: float, request_id: str = "") -> None:
        super().__init__(BAD_QUERY, code="too_expensive", request_id=request_id)
        self.share = share

    def smaller(self, size: int) -> int:
        """How many fit of ``size``. Raises StoreUnavailable where one is too much already."""
        if size <= 1:
            raise unavailable(BUSY, "too_expensive", self.request_id)
        return max(1, int(size * self.share))


class FaultyAnswer(StoreUnavailable):
    """Shopify has an error of its own with something that was asked for: without it, or at another time, it
    may answer."""

    def __init__(self, request_id: str = "") -> None:
        super().__init__(DOWN, code="server_error", request_id=request_id)


def refused(text: str, code: str, request_id: str = "") -> StoreRefused:
    return StoreRefused(text, code=code, request_id=request_id)


def unavailable(
    text: str, code: str, request_id: str = "", retry_after: float = 0
) -> StoreUnavailable:
    return StoreUnavailable(
        text, code=code, request_id=request_id, retry_after=retry_after
    )


def of_status(status: int, *, retry_after: float, request_id: str) -> StoreError:  # noqa: PLR0911  a table
    """The error behind an HTTP status other than 200. A 401 is the caller's: it may have another token."""
    match status:
        case 401:
            return refused(TOKEN_REFUSED, "token_refused", request_id)
        case 402:
            return refused(SHOP_CLOSED, "shop_closed", request_id)
        case 403:
            return refused(FORBIDDEN, "forbidden", request_id)
        case 404:
            return refused(SHOP_UNKNOWN, "shop_unknown", request_id)
        case 423:
            return refused(SHOP_LOCKED, "shop_locked", request_id)
        case 429:
            return unavailable(BUSY, "throttled", request_id, retry_after)
        case 430:
            return unavailable(
                SUSPICIOUS, "security_rejection", request_id, BLOCKED_SECONDS
            )
        case status if 300 <= status < 400:
            return refused(REDIRECTED, "redirected", request_id)
        case status if status >= 500:
            return unavailable(DOWN, "server_error", request_id, retry_after)
        case _:
            return refused(BAD_QUERY, "bad_query", request_id)


PRIVATE = re.compile(r"\S*@\S*|\+?\d[\d ()/.-]{4,}\d|\b[A-Za-z0-9_-]{20,}\b")


def loggable(message: str) -> str:
    """A message of Shopify's for the log: whatever may be an address, a phone number, an id or a token is
    left out."""
    return PRIVATE.sub("…", message[:300])


def is_about_customers(message: str) -> bool:
    """Whether an ACCESS_DENIED keeps only customer data back; the three kinds share one code and differ in
    their words."""
    if (
        "Required access" in message
        or "not approved to access the Order object" in message
    ):
        return False
    return any(
        words in message
        for words in [
            "personally identifiable information",
            "not approved to access the Customer object",
            "not approved to use the",
        ]
    )


def is_about_companies(message: str) -> bool:
    """Whether an ACCESS_DENIED keeps only the company of a B2B order back, as where a shop no longer has
    B2B: https://shopify.dev/docs/api/admin-graphql/latest/objects/Company."""
    return "read_companies" in message or "access the Company" in message


def of_denial(message: str, request_id: str) -> StoreError:
    if "not approved to access the" in message:
        return refused(APP_NOT_APPROVED, "app_not_approved", request_id)
    return refused(SCOPE_MISSING, "scope_missing", request_id)


def is_fault(code: str, message: str) -> bool:
    """Whether an entry of ``errors`` is an error of Shopify's own, at one place or for the whole question."""
    return code in {"INTERNAL_SERVER_ERROR", "TIMEOUT"} or (
        not code and message.startswith("Internal error")
    )


def of_code(code: str, message: str, request_id: str) -> StoreError:
    """The error behind an entry of ``errors`` by its code; customer data refusals, costs and faults are the
    caller's."""
    match code:
        case "ACCESS_DENIED":
            return of_denial(message, request_id)
        case "SHOP_INACTIVE":
            return refused(SHOP_CLOSED, "shop_closed", request_id)
        case "THROTTLED" | "" if code or message.startswith("Throttled"):
            return unavailable(BUSY, "throttled", request_id)
        case _:
            return refused(BAD_QUERY, "bad_query", request_id)


OAUTH = {
    "app_not_installed": (APP_NOT_INSTALLED, "app_not_installed"),
    "shop_not_permitted": (OTHER_ORGANISATION, "other_organisation"),
}


def of_oauth(code: str, request_id: str) -> StoreError:
    """The error behind an ``Oauth error`` of the token endpoint; any other code means that the credentials
    are wrong."""
    text, short = OAUTH.get(code, (TOKEN_REFUSED, "token_refused"))
    return refused(text, short, request_id)
