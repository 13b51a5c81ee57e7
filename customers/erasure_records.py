"""Erased people stay erased: a store's mention of them is recognised without our still knowing who they
were."""

import hmac
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from common.bulk_sql import any_of
from customers.matching import ContactDetails, email_key, keys_of
from customers.models import Customer, CustomerKey, ErasureRecord, ErasureSalt


def remember_erasure(customer: Customer, keys: Iterable[str], *, now: datetime) -> None:
    """Remember that the person with these keys was erased now, and is ``customer``. Call it under the import
    lock."""
    salt = _salt() or _new_salt()
    records = [
        ErasureRecord(digest=_digest(salt, key), customer=customer, erased_at=now)
        for key in sorted(set(keys))
    ]
    ErasureRecord.objects.bulk_create(
        records,
        update_conflicts=True,
        unique_fields=["digest"],
        update_fields=["customer", "erased_at"],
    )


def find_erased(
    contacts: Sequence[tuple[ContactDetails, datetime]],
) -> list[Customer | None]:
    """For each contact of an order and the time it was placed: the erased customer it names, or None.

    People who order again after their erasure are new customers: without name and address nobody could
    deliver. One query as long as nobody was ever erased, a handful afterwards.
    """
    salt = _salt()
    if salt is None:
        return [None] * len(contacts)
    records = _records_by_key(salt, [contact for contact, _placed_at in contacts])
    known_accounts: set[str] = set()
    if records:
        accounts = {contact.key for contact, _placed_at in contacts if contact.key}
        known_accounts = _known(accounts - records.keys())
    return [
        None
        if contact.key in known_accounts
        else _erased_customer(contact, placed_at, records)
        for contact, placed_at in contacts
    ]


def erasure_keys(contact: ContactDetails) -> list[str]:
    """What a contact can be recognised by, the strongest first: its id at the store, its phone number, its
    e-mail address."""
    keys = keys_of(contact)
    if contact.email:
        keys.append(email_key(contact.email))
    return list(dict.fromkeys(keys))


def _records_by_key(
    salt: bytes, contacts: Iterable[ContactDetails]
) -> dict[str, ErasureRecord]:
    keys = {key for contact in contacts for key in erasure_keys(contact)}
    digests = {key: _digest(salt, key) for key in keys}
    rows = ErasureRecord.objects.filter(
        any_of("digest", digests.values())
    ).select_related("customer")
    records = {record.digest: record for record in rows}
    return {
        key: records[digest] for key, digest in digests.items() if digest in records
    }


def _known(keys: set[str]) -> set[str]:
    """Those of the keys that name a customer. Families share phone numbers: an account that we know is who it
    is, whoever else had the number."""
    if not keys:
        return set()
    rows = CustomerKey.objects.filter(any_of("key", keys))
    return set(rows.values_list("key", flat=True))


def _erased_customer(
    contact: ContactDetails, placed_at: datetime, records: Mapping[str, ErasureRecord]
) -> Customer | None:
    """The customer of the strongest key's record, if the order was placed before the erasure."""
    for key in erasure_keys(contact):
        if key in records:
            record = records[key]
            return record.customer if placed_at <= record.erased_at else None
    return None


def _digest(salt: bytes, key: str) -> str:
    return hmac.new(salt, key.encode(), "sha256").hexdigest()


def _salt() -> bytes | None:
    salt = ErasureSalt.objects.values_list("salt", flat=True).first()
    return bytes(salt) if salt else None


def _new_salt() -> bytes:
    row = ErasureSalt.objects.create(salt=secrets.token_bytes(32))
    return bytes(row.salt)
