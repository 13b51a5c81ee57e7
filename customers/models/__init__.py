from customers.models.customer import CONTACT, Customer, CustomerQuerySet
from customers.models.erasure import Tombstone, TombstoneSalt
from customers.models.event import CustomerEvent, CustomerEventKind
from customers.models.key import PHONE, CustomerKey, RemovedKey

__all__ = [
    "CONTACT",
    "PHONE",
    "Customer",
    "CustomerEvent",
    "CustomerEventKind",
    "CustomerKey",
    "CustomerQuerySet",
    "RemovedKey",
    "Tombstone",
    "TombstoneSalt",
]
