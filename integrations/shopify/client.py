"""Shopify's GraphQL Admin API over HTTP: a document and variables in, data or a StoreError out. Token, cost
and retry live here."""

import logging
import random
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec

from integrations.platforms.errors import StoreError, StoreUnavailable
from integrations.platforms.protocol import Budget
from integrations.platforms.tokens import TokenSource
from integrations.shopify.errors import (
    BAD_ANSWER,
    BUSY,
    NON_EXPIRING,
    TOKEN_REFUSED,
    TOKEN_RETIRED,
    FaultyAnswer,
    TooExpensive,
    is_about_companies,
    is_about_customers,
    is_fault,
    loggable,
    of_code,
    of_oauth,
    of_status,
    refused,
    unavailable,
)
from integrations.shopify.responses import NONE, decode, readable
from integrations.shopify.transport import Reply, Transport

log = logging.getLogger("roapp.shopify")
T = TypeVar("T")

TRIES = 4
"""How often one question is asked while the store is busy or has a fault, with growing pauses."""
MAX_PAUSE = 25.0
"""Seconds to wait for points within one question; a store that needs longer is asked at a later poll."""
MAX_VERSION = 16
"""Signs of the name of an API version."""
OAUTH_ERROR = re.compile(rb"Oauth error\s+([a-z_]+)")


class ErrorExtensions(msgspec.Struct):
    code: str = ""
    cost: float = 0
    maxCost: float = 0  # Shopify's name


Path = list[str | int]
"""From the top of the answer to what is missing in it."""


class ErrorEntry(msgspec.Struct):
    message: str = ""
    extensions: ErrorExtensions | None = None
    path: Path | None = None

    @property
    def code(self) -> str:
        return self.extensions.code if self.extensions else ""


class ThrottleStatus(msgspec.Struct, rename="camel"):
    maximum_available: float
    currently_available: float
    restore_rate: float


class Cost(msgspec.Struct, rename="camel"):
    throttle_status: ThrottleStatus | None = None
    requested_query_cost: float = 0
    actual_query_cost: float | None = None


class Extensions(msgspec.Struct):
    cost: Cost = msgspec.field(default_factory=Cost)


class Envelope(msgspec.Struct):
    data: msgspec.Raw = NONE
    errors: list[ErrorEntry] | str | None = None
    extensions: msgspec.Raw = NONE

    @property
    def cost(self) -> Cost:
        """What the answer says of it: an answer that says nothing is one all the same."""
        found = readable(self.extensions, Extensions)
        return found.cost if found else Cost()


@dataclass(frozen=True, slots=True)
class Answer:
    """``data`` as the JSON text it came in. ``customers_refused``: fields of it are null because the app may
    not see them. ``faults`` are where it is not whole because of an error of Shopify's own."""

    data: msgspec.Raw
    customers_refused: bool = False
    faults: Sequence[Path] = ()

    @property
    def is_empty(self) -> bool:
        return bytes(self.data) == b"null"

    def faulty_places(self, *path: str) -> frozenset[int]:
        """The places in the list at ``path`` where the answer is not whole. Raises FaultyAnswer if something
        is missing elsewhere, or nobody says where."""
        places = set()
        for fault in self.faults:
            match fault[len(path) :] if tuple(fault[: len(path)]) == path else []:
                case [int(place), *_]:
                    places.add(place)
                case _:
                    raise FaultyAnswer
        return frozenset(places)


@dataclass(slots=True)
class Meter:
    """The bucket of points as the last answer showed it, filling up since then."""

    maximum: float = 0
    available: float = 0
    restore_rate: float = 0
    at: float = 0
    used: float = 0
    requests: int = 0
    prices: dict[str, float] = field(default_factory=dict)
    """What each document was last charged before it ran: that much must be in the bucket."""

    def note(self, document: str, cost: Cost, now: float) -> None:
        if status := cost.throttle_status:
            self.maximum, self.available, self.restore_rate = (
                status.maximum_available,
                status.currently_available,
                status.restore_rate,
            )
            self.at = now
        self.used += cost.actual_query_cost or 0
        if cost.requested_query_cost:
            self.prices[document] = cost.requested_query_cost

    def pause(self, document: str, now: float) -> float:
        """Seconds until the bucket holds what ``document`` costs; 0 while nothing is known."""
        price = self.prices.get(document, 0)
        missing = price - self.available - (now - self.at) * self.restore_rate
        return (
            missing / self.restore_rate
            if price and self.restore_rate > 0 and missing > 0
            else 0.0
        )


class ShopifyClient:
    """One store's Admin API in one version. Not for several threads at once."""

    def __init__(
        self,
        transport: Transport,
        tokens: TokenSource,
        *,
        version: str,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.transport, self.tokens, self.version = transport, tokens, version
        self.sleep, self.clock = sleep, clock
        self.meter = Meter()
        self.version_served = self.request_id = ""  # of the last answer

    @property
    def budget(self) -> Budget:
        meter = self.meter
        return Budget(
            meter.available,
            meter.maximum,
            meter.restore_rate,
            meter.used,
            meter.requests,
        )

    def query(
        self,
        document: str,
        variables: dict[str, Any] | None = None,
        *,
        in_parts: bool = False,
    ) -> Answer:
        """Ask. Raises StoreUnavailable when the store stays busy or faulty over several tries, StoreRefused
        when an admin must act, TooExpensive when the document must be cut smaller.

        ``in_parts``: whoever asks can do without what an error of Shopify's own keeps back. An answer that
        has the rest says where (``faults``); without one FaultyAnswer is raised at the first try.
        """
        body = msgspec.json.encode({"query": document, "variables": variables or {}})
        for attempt in range(1, TRIES + 1):
            self._wait(self.meter.pause(document, self.clock()))
            try:
                return self._ask(document, body, in_parts=in_parts)
            except StoreError as error:
                self._log(error, attempt)
                if not isinstance(error, StoreUnavailable):
                    raise
                if in_parts and isinstance(error, FaultyAnswer):
                    raise
                if attempt == TRIES or error.retry_after > MAX_PAUSE:
                    raise
                jitter = random.uniform(0.8, 1.2)  # noqa: S311  no secret
                pause = max(error.retry_after, 0.25 * 2**attempt * jitter)
                self._wait(max(pause, self.meter.pause(document, self.clock())))
        raise AssertionError("unreachable")

    def decoded(self, answer: Answer, kind: type[T]) -> T:
        """What it says. Raises StoreUnavailable for an answer that makes no sense, and logs why."""
        try:
            return decode(answer.data, kind)
        except ValueError as error:
            raise self.nonsense(error) from None

    def nonsense(self, error: ValueError) -> StoreUnavailable:
        self.warn(str(error))
        return unavailable(BAD_ANSWER, "bad_answer", self.request_id)

    def warn(self, words: str) -> None:
        """Log what is odd in the last answer."""
        domain, request_id = self.transport.domain, self.request_id
        about = {"domain": domain, "request_id": request_id}
        log.warning(
            "%s: %s (request %s)", domain, words, request_id or "-", extra=about
        )

    def _log(self, error: StoreError, attempt: int) -> None:
        """Shopify's staff ask for the request's id."""
        domain, about = (
            self.transport.domain,
            {"domain": self.transport.domain, "request_id": error.request_id},
        )
        log.warning(
            "%s: %s (request %s, try %s)",
            domain,
            error.code,
            error.request_id or "-",
            attempt,
            extra=about,
        )

    def _wait(self, seconds: float) -> None:
        if seconds > MAX_PAUSE:
            raise unavailable(BUSY, "throttled", retry_after=seconds)
        if seconds > 0:
            self.sleep(seconds)

    def _ask(self, document: str, body: bytes, *, in_parts: bool) -> Answer:
        reply = self._send(body)
        if reply.status == 403 and NON_EXPIRING in reply.body:
            raise refused(TOKEN_RETIRED, "token_retired", reply.request_id)
        if reply.status != 200:
            raise of_status(
                reply.status, retry_after=reply.retry_after, request_id=reply.request_id
            )
        self.version_served, self.request_id = (
            reply.headers.get("X-Shopify-API-Version", "")[:MAX_VERSION],
            reply.request_id,
        )
        try:
            envelope = decode(reply.body, Envelope)
        except ValueError:
            raise unavailable(BAD_ANSWER, "bad_answer", reply.request_id) from None
        self.meter.note(document, envelope.cost, self.clock())
        return _answer(envelope, reply.request_id, in_parts=in_parts)

    def _send(self, body: bytes) -> Reply:
        """One exchange; a token that is refused is renewed once."""
        token = self.tokens.token()
        reply = self._post(body, token)
        if reply.status == 401 and (other := self.tokens.renew(token)):
            reply = self._post(body, other)
        return reply

    def _post(self, body: bytes, token: str) -> Reply:
        self.meter.requests += 1
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "X-Shopify-Access-Token": token,
        }
        return self.transport.post(
            f"/admin/api/{self.version}/graphql.json", body=body, headers=headers
        )


def _answer(envelope: Envelope, request_id: str, *, in_parts: bool) -> Answer:
    """Data beside refused customer fields is used, ``in_parts`` also what is beside errors of Shopify's own;
    any other error means that there is no answer."""
    errors = envelope.errors or []
    if isinstance(errors, str):
        raise refused(TOKEN_REFUSED, "token_refused", request_id)
    worst: StoreError | None = None
    faults: list[Path] = []
    errors = [each for each in errors if not is_about_companies(each.message)]
    for error in errors:
        if error.extensions and error.code == "MAX_COST_EXCEEDED":
            raise TooExpensive(_share(error.extensions), request_id)
        if error.code == "ACCESS_DENIED" and is_about_customers(error.message):
            continue
        _log_entry(error, request_id)
        if is_fault(error.code, error.message):
            faults.append(error.path or [])
        else:
            worst = worst or of_code(error.code, error.message, request_id)
    if worst:
        raise worst
    is_empty = bytes(envelope.data) == b"null"
    if faults and (is_empty or not in_parts):
        raise FaultyAnswer(request_id)
    if not errors and is_empty:
        raise unavailable(BAD_ANSWER, "bad_answer", request_id)
    return Answer(
        envelope.data, customers_refused=len(errors) > len(faults), faults=faults
    )


def _log_entry(error: ErrorEntry, request_id: str) -> None:
    log.warning(
        "Shopify says %s: %s (request %s)",
        error.code or "nothing",
        loggable(error.message),
        request_id or "-",
        extra={"request_id": request_id},
    )


def _share(extensions: ErrorExtensions) -> float:
    """How much of the question would fit; a half when Shopify does not say."""
    share = (
        extensions.maxCost / extensions.cost
        if extensions.cost and extensions.maxCost
        else 0.5
    )
    return min(share, 0.5)


class Grant(msgspec.Struct):
    access_token: str
    expires_in: int = 86_399


def grant_token(
    transport: Transport, client_id: str, client_secret: str
) -> tuple[str, int]:
    """A token for the client id and secret, and the seconds it lasts (client-credentials grant).

    https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/client-credentials-grant.
    Refusals come as HTML pages with status 400; of those only the error's word is used.
    """
    form = {
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_secret": client_secret,
    }
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Accept": "application/json",
    }
    reply = transport.post(
        "/admin/oauth/access_token", body=urlencode(form).encode(), headers=headers
    )
    if reply.status in {400, 401, 403}:
        found = OAUTH_ERROR.search(reply.body)
        raise of_oauth(found[1].decode() if found else "", reply.request_id)
    if reply.status != 200:
        raise of_status(
            reply.status, retry_after=reply.retry_after, request_id=reply.request_id
        )
    try:
        grant = msgspec.json.decode(reply.body, type=Grant)
    except (msgspec.DecodeError, RecursionError):
        raise unavailable(BAD_ANSWER, "bad_answer", reply.request_id) from None
    return grant.access_token, grant.expires_in
