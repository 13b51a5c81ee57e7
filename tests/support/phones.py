"""Phone numbers as somebody in Germany types them."""

from customers.phones import Reading, read_phone


def typed(phone: str) -> Reading:
    return read_phone(phone, "DE")
