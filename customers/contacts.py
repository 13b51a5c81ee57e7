"""Who a store says the customer is, and which of our customers that is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ContactDetails:
    """Contact data as a store tells it; an empty text means: not said.

    ``key`` names the customer at the store, unique over all stores and platforms (``"shopify:3:6940095564"``), or is
    empty for a guest. ``phone`` is as written; ``country`` (ISO 3166 alpha-2) is where to read it without a prefix.
    ``address`` is postal lines separated by newlines.
    """

    key: str = ""
    first_name: str = ""
    last_name: str = ""
    company: str = ""
    phone: str = ""
    email: str = ""
    address: str = ""
    country: str = ""

    @property
    def is_empty(self) -> bool:
        """Nothing a person could be recognised by: the store keeps its customers' data to itself."""
        return not (self.first_name or self.last_name or self.company or self.phone or self.email)
