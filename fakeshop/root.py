"""What an app may read of a shop's orders and products, as its scopes and the plan allow."""

import base64
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any, NoReturn

from graphql import GraphQLError

from fakeshop.documents import parse_gid
from fakeshop.records import Address, Customer, Line, Order, Product
from fakeshop.search import SORT_KEYS, cursor_text, matcher, read_cursor
from fakeshop.shop import FakeShop

ACCESS_SCOPES = "https://shopify.dev/api/usage/access-scopes"
PROTECTED_DATA = "https://shopify.dev/docs/apps/launch/protected-customer-data"
NO_PII = (
    "This app is not approved to access the Customer object. Access to personally identifiable information "
    "(PII) like customer names, "
    "addresses, emails, phone numbers is only available on Shopify, Advanced, and Plus plans. See "
    f"{PROTECTED_DATA} for more details."
)
NO_B2B = (
    "Access denied for company field. Required access: `read_customers` access scope or `read_companies` "
    "access scope. Also: The shop must have access to B2B."
)
Json = dict[str, Any]
Resolver = Callable[[object], object]
"""A field that is found out, or refused, when it is read."""


def _denied(message: str, **extensions: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": "ACCESS_DENIED", **extensions})


def _may(shop: FakeShop, scope: str) -> bool:
    """Whether the app has the scope; that to write implies that to read."""
    return scope in shop.scopes or scope.replace("read_", "write_") in shop.scopes


def _needs(shop: FakeShop, scope: str, field: str) -> None:
    if not _may(shop, scope):
        access = f"`{scope}` access scope."
        raise _denied(
            f"Access denied for {field} field. Required access: {access}",
            documentation=ACCESS_SCOPES,
            requiredAccess=access,
        )
    if not shop.approved:
        raise _denied(
            f"This app is not approved to access the Order object. See {PROTECTED_DATA} for more details."
        )


class Root:
    """The query root over one shop. ``in_bulk``: its connections have all their nodes."""

    def __init__(self, shop: FakeShop, *, in_bulk: bool = False) -> None:
        self.shop, self.in_bulk = shop, in_bulk

    def fields(self) -> Json:
        return {
            "shop": self.shop_fields(),
            "currentAppInstallation": {
                "accessScopes": [
                    {"handle": scope} for scope in sorted(self.shop.scopes)
                ]
            },
            "orders": self.orders,
            "ordersCount": self.orders_count,
            "order": lambda _info, id: self.order_by_id(id),
            "nodes": self.nodes,
        }

    def shop_fields(self) -> Json:
        shop = self.shop
        return {
            "id": f"gid://shopify/Shop/{shop.id}",
            "name": shop.name,
            "myshopifyDomain": shop.domain,
            "currencyCode": shop.currency,
            "ianaTimezone": "Europe/Berlin",
            "plan": {"publicDisplayName": shop.plan},
            "shopAddress": {"countryCodeV2": shop.country},
        }

    def orders(self, _info: object, **arguments: Any) -> Json:
        _needs(self.shop, "read_orders", "orders")
        key = SORT_KEYS[arguments.get("sortKey") or "UPDATED_AT"]
        found = sorted(self._found(arguments.get("query")), key=key)
        if arguments.get("reverse"):
            found.reverse()
        return self._page(found, key, arguments)

    def orders_count(
        self, _info: object, query: str = "", limit: int | None = 10_000
    ) -> Json:
        _needs(self.shop, "read_orders", "ordersCount")
        most = min(limit or self.shop.result_limit, self.shop.result_limit)
        count = len(self._found(query))
        return {
            "count": min(count, most + 1),
            "precision": "EXACT" if count <= most else "AT_LEAST",
        }

    def _found(self, query: str | None) -> list[Order]:
        """What the search index knows: it lags behind what was changed a moment ago."""
        if self.shop.search_length and len(query or "") > self.shop.search_length:
            raise GraphQLError("The query is too long.")
        matches = matcher(query or "")
        lag = self.shop.search_lag
        known = [
            order
            for order in self.shop.visible()
            if (not lag or order.created_at <= self.shop.clock() - lag)
            and order.id not in self.shop.unsearchable
        ]
        return [order for order in known if matches(order)]

    def _page(
        self,
        found: list[Order],
        key: Callable[[Order], tuple[str, int]],
        arguments: Json,
    ) -> Json:
        behind, seen = read_cursor(arguments.get("after"))
        if behind:
            found = [order for order in found if key(order) > behind]
        if self.in_bulk:
            return {"edges": [{"node": self.order(order)} for order in found]}
        first = min(int(arguments["first"]), self.shop.result_limit - seen)
        page = found[:first]
        seen += len(page)
        more = len(found) > len(page) and seen < self.shop.result_limit
        cursor = cursor_text(*key(page[-1]), seen) if page else None
        return {
            "nodes": [self.order(order) for order in page],
            "pageInfo": {"hasNextPage": more, "endCursor": cursor},
        }

    def order_by_id(self, gid: str) -> Json | None:
        _needs(self.shop, "read_orders", "order")
        kind, number = parse_gid(gid)
        order = next((each for each in self.shop.visible() if each.id == number), None)
        return self.order(order) if order and kind == "Order" else None

    def nodes(self, _info: object, ids: Sequence[str]) -> list[Json | None]:
        if len(ids) > 250:
            raise GraphQLError(
                f"The input array size of {len(ids)} is greater than the maximum allowed of 250."
            )
        hidden = self.shop.hidden_before
        found: list[Json | None] = []
        for gid in ids:
            kind, number = parse_gid(gid)
            order, product = (
                self.shop.orders.get(number),
                self.shop.products.get(number),
            )
            if kind == "Order" and order and not (hidden and order.created_at < hidden):
                _needs(self.shop, "read_orders", "nodes")
                found.append(self.order(order))
            elif kind == "Product" and product:
                _needs(self.shop, "read_products", "nodes")
                found.append(_product(product))
            else:
                found.append(None)
        return found

    def order(self, order: Order) -> Json:
        fields = self.order_fields(order)
        if field := self.shop.failing.get(order.id):
            fields[field] = _fail
        return fields

    def order_fields(self, order: Order) -> Json:
        customer = self.shop.customers.get(order.customer_id)
        money = partial(_bag, self.shop, order)
        return {
            "__typename": "Order",
            "id": f"gid://shopify/Order/{order.id}",
            "legacyResourceId": str(order.id),
            "name": order.name,
            "createdAt": iso(order.created_at),
            "updatedAt": iso(order.updated_at),
            "cancelledAt": iso(order.cancelled_at),
            "closedAt": iso(order.closed_at),
            "test": order.test,
            "note": order.note or None,
            "poNumber": order.po_number or None,
            "customerLocale": order.locale or None,
            "customAttributes": _entries(order.entries),
            "tags": order.tags,
            "currencyCode": order.currency,
            "taxesIncluded": order.taxes_included,
            "displayFinancialStatus": order.financial,
            "displayFulfillmentStatus": order.fulfillment,
            "dutiesIncluded": order.duties_included,
            "currentTotalPriceSet": money(order.total),
            "currentSubtotalPriceSet": money(order.items),
            "currentTotalDiscountsSet": money(order.discounts),
            "currentShippingPriceSet": money(order.current_shipping),
            "currentTotalTaxSet": money(order.tax),
            "currentTotalDutiesSet": money(order.duties) if order.duties else None,
            "currentTotalAdditionalFeesSet": money(order.fees) if order.fees else None,
            "totalTipReceivedSet": money(order.tips_received),
            "totalRefundedSet": money(order.refunded),
            "refundDiscrepancySet": money(order.refund_discrepancy),
            "totalReceivedSet": money(order.received),
            "totalOutstandingSet": money(order.outstanding),
            "shippingLine": {"title": order.delivery} if order.delivery else None,
            "currentSubtotalLineItemsQuantity": sum(
                each.current_quantity for each in order.lines if not each.is_tip
            ),
            "lineItems": lambda _info, first=None, after=None: self.lines(
                order.lines, first, after, money
            ),
            "email": self.private("email", order.email),
            "phone": self.private("phone", order.phone),
            "customer": self.customer(customer),
            "purchasingEntity": self.purchasing_entity(order, customer),
            "billingAddress": self.address(order.billing),
            "shippingAddress": self.address(order.shipping_address),
        }

    def lines(
        self,
        lines: Sequence[Line],
        first: int | None,
        after: str | None,
        money: Callable[[Decimal], Json],
    ) -> Json:
        if self.in_bulk:
            return {"edges": [{"node": _line(each, money)} for each in lines]}
        return _lines(lines, first or 0, after, money)

    def private(self, field: str, value: str) -> str | Resolver | None:
        """A field of protected customer data, as the app may see it."""
        match self.shop.customer_data:
            case "open":
                return value or None
            case "nulls":
                return None
            case "fields_refused":
                return self._refuse(
                    f"This app is not approved to use the {field} field. See {PROTECTED_DATA} for more "
                    "details."
                )
            case _:
                return self._refuse(NO_PII)

    def required(self, field: str, value: str) -> Json | None:
        """An object around one protected field that may not be null: without a value there is no object."""
        return (
            {field: self.private(field, value)}
            if value and self.shop.customer_data != "nulls"
            else None
        )

    def _refuse(self, message: str) -> Resolver:
        def refuse(_info: object) -> NoReturn:
            raise _denied(message)

        return refuse

    def customer(self, customer: Customer | None) -> Json | Resolver | None:
        if customer is None:
            return None
        if not _may(self.shop, "read_customers"):
            return lambda _info: _needs(self.shop, "read_customers", "customer")
        if self.shop.customer_data in {"customer_refused", "wiped"}:
            return self._refuse(NO_PII)
        return {
            "id": f"gid://shopify/Customer/{customer.id}",
            "firstName": self.private("firstName", customer.first_name),
            "lastName": self.private("lastName", customer.last_name),
            "defaultEmailAddress": self.required("emailAddress", customer.email),
            "defaultPhoneNumber": self.required("phoneNumber", customer.phone),
        }

    def purchasing_entity(self, order: Order, customer: Customer | None) -> Json | None:
        if order.company is None:
            return {"__typename": "Customer"} if customer else None
        company = {
            "id": f"gid://shopify/Company/{order.company.id}",
            "name": order.company.name,
        }
        withheld = self._refuse(NO_B2B)
        return {
            "__typename": "PurchasingCompany",
            "company": company if self.shop.sells_to_companies else withheld,
        }

    def address(self, address: Address | None) -> Json | None:
        if address is None:
            return None
        return {
            "firstName": self.private("firstName", address.first_name),
            "lastName": self.private("lastName", address.last_name),
            "company": address.company or None,  # not protected, like town and country
            "address1": self.private("address1", address.address1),
            "address2": self.private("address2", address.address2),
            "zip": self.private("zip", address.zip),
            "city": address.city or None,
            "province": None,
            "countryCodeV2": address.country or None,
            "phone": self.private("phone", address.phone),
        }


def _fail(_info: object, **_arguments: object) -> NoReturn:
    raise GraphQLError(
        "Internal error. Looks like something went wrong on our end.",
        extensions={"code": "INTERNAL_SERVER_ERROR"},
    )


def _lines(
    lines: Sequence[Line],
    first: int,
    after: str | None,
    money: Callable[[Decimal], Json],
) -> Json:
    start = int(base64.b64decode(after)) if after else 0
    page = lines[start : start + first]
    end = start + len(page)
    return {
        "nodes": [_line(line, money) for line in page],
        "pageInfo": {
            "hasNextPage": end < len(lines),
            "endCursor": base64.b64encode(str(end).encode()).decode() if page else None,
        },
    }


def _line(line: Line, money: Callable[[Decimal], Json]) -> Json:
    discounts = [each for each in [line.discount, line.order_discount] if each]
    return {
        "id": f"gid://shopify/LineItem/{line.id}",
        "title": line.title,
        "variantTitle": line.variant_title or None,
        "sku": line.sku or None,
        "quantity": line.quantity,
        "currentQuantity": line.current_quantity,
        "originalUnitPriceSet": money(line.price),
        "discountAllocations": [
            {"allocatedAmountSet": money(each)} for each in discounts
        ],
        "isGiftCard": line.is_gift_card,
        "customAttributes": _entries(line.entries),
        "lineItemGroup": {
            "id": f"gid://shopify/LineItemGroup/{line.bundle.id}",
            "title": line.bundle.title,
            "customAttributes": _entries(line.bundle.entries),
        }
        if line.bundle
        else None,
        "product": {"id": f"gid://shopify/Product/{line.product_id}"}
        if line.product_id
        else None,
        "variant": {"id": f"gid://shopify/ProductVariant/{line.variant_id}"}
        if line.variant_id
        else None,
    }


def _entries(entries: Sequence[tuple[str, str]]) -> list[Json]:
    """What was left blank has no value."""
    return [{"key": key, "value": value or None} for key, value in entries]


def _product(product: Product) -> Json:
    return {
        "__typename": "Product",
        "id": f"gid://shopify/Product/{product.id}",
        "descriptionHtml": product.description_html,
        "productType": product.product_type,
        "category": {"name": product.category} if product.category else None,
    }


def _bag(shop: FakeShop, order: Order, amount: Decimal) -> Json:
    """The amount in the shop's currency and in the one that the customer saw."""
    paid = (amount * order.presentment_rate).quantize(Decimal("0.01"))
    return {
        "shopMoney": {"amount": shop.spell(amount), "currencyCode": order.currency},
        "presentmentMoney": {
            "amount": shop.spell(paid),
            "currencyCode": order.presentment_currency or order.currency,
        },
    }


def iso(at: datetime | None) -> str | None:
    """As Shopify writes times: to the second, though it keeps (and its cursors know) the fraction."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None
