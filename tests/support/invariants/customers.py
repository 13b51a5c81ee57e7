"""What must hold of customers beside what their shop says: nobody is joined by a number that identifies
nobody, and nobody who is named is there twice. Numbers are read here anew, not by the code that is tested."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

import phonenumbers

from customers.models import PHONE, CustomerKey
from fakeshop.records import Order as ShopOrder
from fakeshop.shop import FakeShop
from integrations.models import StoreConnection
from orders.models import Order


def identity_faults(shop: FakeShop, connection: StoreConnection) -> Iterator[str]:
    """Each violation in a sentence."""
    for key in CustomerKey.objects.filter(key__startswith=PHONE):
        number = key.key.removeprefix(PHONE)
        if _identifying(number, "DE") != number:
            yield f"customer {key.customer_id} is named by {number}, which identifies nobody"
    ours = dict(
        Order.objects.filter(store=connection.store_id).values_list(
            "external_id", "customer_id"
        )
    )
    people: dict[int, dict[str, set[str]]] = defaultdict(dict)
    customers: dict[str, set[int]] = defaultdict(set)
    for order in list(shop.orders.values()):
        customer_id = ours.get(str(order.id))
        if customer_id is None:
            continue
        person = _person(order)
        people[customer_id].setdefault(person, set()).update(_numbers(shop, order))
        customers[person].add(customer_id)
    for customer_id, numbers in people.items():
        if not _are_one(numbers.values()):
            yield f"customer {customer_id} is {sorted(numbers)} without a number in common"
    for person, ids in customers.items():
        if len(ids) > 1 and not person.startswith("order"):
            yield f"{person} is the customers {sorted(ids)}"


def _person(order: ShopOrder) -> str:
    """Who ordered, as the shop knows it; a guest with a number may be anybody who has it."""
    if order.customer_id:
        return f"account {order.customer_id}"
    if order.company:
        return f"company {order.company.id}"
    if order.email and not _identifying(order.phone, "DE"):
        return f"guest {order.email}"
    return f"order {order.id}"


def _numbers(shop: FakeShop, order: ShopOrder) -> set[str]:
    account = shop.customers.get(order.customer_id)
    written = [(account.phone, shop.country)] if account else []
    written += [
        (address.phone, address.country or shop.country)
        for address in [order.billing, order.shipping_address]
        if address
    ]
    written.append((order.phone, shop.country))
    found = {_identifying(phone, country) for phone, country in written if phone}
    return found - {""}


def _identifying(phone: str, country: str) -> str:
    """The number in E.164 if it identifies somebody, else empty."""
    try:
        number = phonenumbers.parse(phone, country)
    except phonenumbers.NumberParseException:
        return ""
    if number.extension or not phonenumbers.is_valid_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _are_one(people: Iterable[set[str]]) -> bool:
    """Whether these sets of numbers hang together."""
    rest = list(people)
    reached = set(rest.pop())
    while rest:
        near = [numbers for numbers in rest if numbers & reached]
        if not near:
            return False
        reached.update(*near)
        rest = [numbers for numbers in rest if not numbers & reached]
    return True
