"""Whether a new customer is one who is there already: somebody else has the same e-mail address, and a person
says which it is."""

from customers.editing import NAMED_BY, keys_of_customer
from customers.matching import ContactDetails, is_known_by_phone, said_of_empty
from customers.models import Customer
from customers.phones import phone_key, read_phone
from customers.search import with_email

FIELDS = [*NAMED_BY, "address"]


def twin_of(contact: ContactDetails) -> Customer | None:
    """Another customer with the e-mail address of this new one. None where the phone number names somebody
    known, and so nobody new (C2)."""
    return None if is_known_by_phone(contact) else with_email(contact.email)


def is_told(contact: ContactDetails, told: str) -> bool:
    """Whether the address that the person was ``told`` about is still the contact's."""
    return bool(told) and told.casefold() == contact.email.casefold()


def lacking(customer: Customer, contact: ContactDetails) -> list[str]:
    """Those of the FIELDS in which the contact says what the customer does not have."""
    return [
        name
        for name in FIELDS
        if getattr(contact, name) and not _has(customer, contact, name)
    ]


def _has(customer: Customer, contact: ContactDetails, name: str) -> bool:
    if name == "phone":
        number = read_phone(contact.phone, contact.country).phone
        is_main = number == customer.phone
        return is_main or phone_key(number) in keys_of_customer(customer)
    typed, standing = getattr(contact, name), getattr(customer, name)
    same_case = str.casefold if name == "email" else str
    return bool(same_case(typed.strip()) == same_case(standing.strip()))


def fillable(customer: Customer, contact: ContactDetails) -> set[str]:
    """The fields that ``complete_customer`` would fill."""
    number = read_phone(contact.phone, contact.country)
    phone = {"phone"} if number.number or not customer.phone else set()
    return {*said_of_empty(customer, contact), *phone}
