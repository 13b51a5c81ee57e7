"""People who were erased stay erased: a store's mention of them is recognised without our knowing any more
who they were."""

import hmac
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime

from common.bulk_sql import any_of
from customers.matching import ContactDetails, keys_of
from customers.models import Customer, CustomerKey, Tombstone, TombstoneSalt


def email_key(email: str) -> str:
    return f"email:{email.strip().casefold()}"


def bury(customer: Customer, keys: Iterable[str], *, now: datetime) -> None:
    """Remember that whoever has one of these keys was erased now, and is ``customer``. Call it under the
    import lock."""
    salt = _salt() or _new_salt()
    Tombstone.objects.bulk_create(
        [Tombstone(digest=_digest(salt, key), customer=customer, erased_at=now) for key in sorted(set(keys))],
        update_conflicts=True,
        unique_fields=["digest"],
        update_fields=["customer", "erased_at"],
    )


def erased_among(told: Sequence[tuple[ContactDetails, datetime]]) -> list[Customer | None]:
    """For each contact of an order and the time when that was placed: the erased customer whom it names, or
    None.

    Who orders again after having been erased is a new customer: without name and address nobody could
    deliver. One query as long as nobody was ever erased, a handful afterwards.
    """
    salt = _salt()
    if salt is None:
        return [None for _ in told]
    digests = {key: _digest(salt, key) for contact, _ in told for key in keys_to_bury(contact)}
    stones = {
        each.digest: each
        for each in Tombstone.objects.filter(any_of("digest", digests.values())).select_related("customer")
    }
    buried = {key: stones[digest] for key, digest in digests.items() if digest in stones}
    alive = _alive({contact.key for contact, _ in told if contact.key} - buried.keys()) if buried else set()
    return [_erased(contact, placed_at, buried, alive) for contact, placed_at in told]


def keys_to_bury(contact: ContactDetails) -> list[str]:
    """What a contact may be recognised by, the strongest first: its id at the store, its phone number, its
    e-mail address."""
    return [*keys_of(contact), *([email_key(contact.email)] if contact.email else [])]


def _alive(keys: set[str]) -> set[str]:
    return (
        set(CustomerKey.objects.filter(any_of("key", keys)).values_list("key", flat=True)) if keys else set()
    )


def _erased(
    contact: ContactDetails, placed_at: datetime, buried: dict[str, Tombstone], alive: set[str]
) -> Customer | None:
    # Families share phone numbers: an account that we know is who it is, whoever else had the number.
    if contact.key in alive:
        return None
    stone = next((buried[key] for key in keys_to_bury(contact) if key in buried), None)
    return stone.customer if stone and placed_at <= stone.erased_at else None


def _digest(salt: bytes, key: str) -> str:
    return hmac.new(salt, key.encode(), "sha256").hexdigest()


def _salt() -> bytes | None:
    salt = TombstoneSalt.objects.values_list("salt", flat=True).first()
    return bytes(salt) if salt else None


def _new_salt() -> bytes:
    return bytes(TombstoneSalt.objects.create(salt=secrets.token_bytes(32)).salt)
