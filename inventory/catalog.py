"""Which of our products a store's product is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProductDetails:
    """A store's product as an order line shows it.

    ``key`` names the variant at the store, unique over all stores (``"shopify:3:variant:49148385"``).
    ``external_id`` is the product's id at the platform, which becomes the product's Code. ``name`` carries the
    variant's title. ``description`` is HTML as the store has it, not yet made safe; ``category`` may be empty. The last
    two are filled in only for products that are not known yet (``StoreGateway.describe``).
    """

    key: str
    external_id: str
    name: str
    sku: str = ""
    description: str = ""
    category: str = ""
