"""Whether a new customer is one who is there already: somebody else has the same e-mail address, and a person
says which it is."""

from customers.matching import ContactDetails, is_known_by_phone
from customers.models import Customer
from customers.search import with_email


def unseen_twin(contact: ContactDetails, told: str) -> Customer | None:
    """Another customer with the e-mail address of this new one, unless the person was ``told`` of that
    address. None where the phone number names somebody known, and so nobody new (C2)."""
    if is_told(contact, told) or is_known_by_phone(contact):
        return None
    return with_email(contact.email)


def is_told(contact: ContactDetails, told: str) -> bool:
    """Whether the address that the person was ``told`` about is still the contact's."""
    return bool(told) and told.casefold() == contact.email.casefold()
