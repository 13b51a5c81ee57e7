"""What staff do to a product itself: create it and change its fields, with an event for each change.

Call these functions inside a transaction. ``by_id`` is the id of the user.
"""

from collections.abc import Mapping
from datetime import datetime

from common.forms.seen import changes as changes_by_field
from inventory import events
from inventory.models import Category, Product, ProductEventKind, name_key
from inventory.rich_text import typed_text

FIELDS = ["name", "sku", "code", "unit", "category", "description"]
"""What is edited, as text: a category by its name, a description as ``typed_text`` has it."""


def lock_product(product_id: int) -> Product:
    """The product, locked until the transaction ends. Raises Product.DoesNotExist, also for one that was
    merged into another."""
    products = Product.objects.living().select_for_update(no_key=True)
    return products.get(pk=product_id)


def shown_values(product: Product) -> dict[str, str]:
    """The FIELDS as people edit them."""
    texts = {name: getattr(product, name) for name in ["name", "sku", "code", "unit"]}
    category = product.category.name if product.category else ""
    description = typed_text(product.description)
    return texts | {"category": category, "description": description}


def create_product(
    values: Mapping[str, str], *, by_id: int | None, now: datetime
) -> Product:
    """Create a product with these FIELDS; the description is HTML, as it is stored."""
    product = Product(created_at=now)
    _set(product, values)
    product.save()
    events.record_event(product, ProductEventKind.CREATED, by_id=by_id, now=now)
    return product


def change_product(
    product: Product,
    values: Mapping[str, str],
    *,
    seen: Mapping[str, str],
    by_id: int | None,
    now: datetime,
) -> bool:
    """Set those of the FIELDS that are in ``values`` of a locked product; returns whether anything changed.

    ``seen`` is what the page showed of them. Raises FieldConflictError for what somebody else has changed
    since.
    """
    present = shown_values(product)
    wanted = dict(values)
    if "description" in wanted:
        wanted["description"] = typed_text(wanted["description"])
    if name_key(wanted.get("category", "")) == name_key(present["category"]):
        wanted.pop("category", None)
    changes = changes_by_field(wanted, present, seen)
    if not changes:
        return False
    _set(product, {name: values[name] for name in changes})
    product.save(update_fields=[*changes])
    events.record_changes(product, changes, by_id=by_id, now=now)
    return True


def _set(product: Product, values: Mapping[str, str]) -> None:
    for name, value in values.items():
        if name != "category":
            setattr(product, name, value)
    if "category" in values:
        product.category = _category(values["category"])


def _category(name: str) -> Category | None:
    """The category of this name, whatever its case, or a new one; none without a name."""
    if not name:
        return None
    rows = Category.objects.get_or_create(key=name_key(name), defaults={"name": name})
    return rows[0]
