from customers.models.customer import CONTACT, Customer, CustomerQuerySet
from customers.models.doubt import Doubt, DoubtfulMatch
from customers.models.erasure import ErasureRecord, ErasureSalt
from customers.models.event import CustomerEvent, CustomerEventKind
from customers.models.key import COMPANY, EMAIL, PHONE, CustomerKey, RemovedKey

__all__ = [
    "COMPANY",
    "CONTACT",
    "EMAIL",
    "PHONE",
    "Customer",
    "CustomerEvent",
    "CustomerEventKind",
    "CustomerKey",
    "CustomerQuerySet",
    "Doubt",
    "DoubtfulMatch",
    "ErasureRecord",
    "ErasureSalt",
    "RemovedKey",
]
