"""Runs GraphQL documents over a shop with Shopify's own types: what is not in the schema cannot be
answered."""

import base64
import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache, partial
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    build_schema,
    execute,
    parse,
    validate,
)

from fakeshop.cost import MAX_COST, requested_cost
from fakeshop.records import Address, Customer, Line, Order, Product
from fakeshop.shop import FakeShop, Request

SCHEMA_FILE = Path(__file__).resolve().parent / "schema" / "admin_2026-10.graphql"
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


@cache
def schema() -> GraphQLSchema:
    return build_schema(SCHEMA_FILE.read_text("utf-8"), assume_valid=True)


@cache
def _document(text: str) -> tuple[DocumentNode | None, tuple[GraphQLError, ...]]:
    """The parsed document, or what is wrong with it."""
    try:
        document = parse(text)
    except GraphQLError as error:
        return None, (error,)
    return document, tuple(validate(schema(), document))


def operation_name(text: str) -> str:
    document, _errors = _document(text)
    operations = (
        [
            each
            for each in document.definitions
            if isinstance(each, OperationDefinitionNode)
        ]
        if document
        else []
    )
    return operations[0].name.value if operations and operations[0].name else ""


def answer(shop: FakeShop, text: str, variables: Json, request: Request) -> Json:
    """The body of the answer to a document, cost included; ``request`` is told what it cost."""
    document, errors = _document(text)
    if document is None or errors:
        return {
            "errors": [
                {"message": error.message, "extensions": {"code": "undefinedField"}}
                for error in errors
            ]
        }
    cost = request.cost = requested_cost(schema(), document, variables)
    most = shop.max_cost or MAX_COST
    if cost > most:
        return _too_expensive(cost, most)
    if not shop.bucket.take(cost):
        body = {
            "errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]
        }
        return body | {"extensions": _extensions(shop, cost, None)}
    with shop.lock:
        # Not awaited: no resolver of ours is asynchronous.
        root = _Root(shop).fields() | _webhooks(shop) | _bulk(shop)
        result: Any = execute(schema(), document, root, variable_values=variables)
    return _body(shop, result) | {"extensions": _extensions(shop, cost, cost)}


def _body(shop: FakeShop, result: ExecutionResult) -> Json:
    body: Json = {"data": result.data}
    _spoil(shop, result.data)
    if result.errors:
        body["errors"] = [error.formatted for error in result.errors]
        if not shop.says_where:
            for error in body["errors"]:
                error.pop("path", None)
        if shop.customer_data == "wiped" and all(
            error.message == NO_PII for error in result.errors
        ):
            body["data"] = None
    return body


def _extensions(shop: FakeShop, requested: int, actual: int | None) -> Json:
    return {
        "cost": {
            "requestedQueryCost": requested,
            "actualQueryCost": actual,
            **({"throttleStatus": shop.bucket.status()} if shop.says_throttle else {}),
        }
    }


def _too_expensive(cost: int, most: int) -> Json:
    message = (
        f"Query cost is {cost}, which exceeds the single query max cost limit ({most})."
    )
    return {
        "errors": [
            {
                "message": message,
                "extensions": {
                    "code": "MAX_COST_EXCEEDED",
                    "cost": cost,
                    "maxCost": most,
                },
            }
        ]
    }


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


class _Root:
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

    def orders(self, _info: Any, **arguments: Any) -> Json:
        _needs(self.shop, "read_orders", "orders")
        key = SORT_KEYS[arguments.get("sortKey") or "UPDATED_AT"]
        found = sorted(self._found(arguments.get("query")), key=key)
        if arguments.get("reverse"):
            found.reverse()
        return self._page(found, key, arguments)

    def orders_count(
        self, _info: Any, query: str = "", limit: int | None = 10_000
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
        matches = _filter(query or "")
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
        behind, seen = _read_cursor(arguments.get("after"))
        if behind:
            found = [order for order in found if key(order) > behind]
        if self.in_bulk:
            return {"edges": [{"node": self.order(order)} for order in found]}
        first = min(int(arguments["first"]), self.shop.result_limit - seen)
        page = found[:first]
        seen += len(page)
        more = len(found) > len(page) and seen < self.shop.result_limit
        cursor = _cursor(*key(page[-1]), seen) if page else None
        return {
            "nodes": [self.order(order) for order in page],
            "pageInfo": {"hasNextPage": more, "endCursor": cursor},
        }

    def order_by_id(self, gid: str) -> Json | None:
        _needs(self.shop, "read_orders", "order")
        kind, number = _parse_gid(gid)
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
            kind, number = _parse_gid(gid)
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
            "createdAt": _iso(order.created_at),
            "updatedAt": _iso(order.updated_at),
            "cancelledAt": _iso(order.cancelled_at),
            "closedAt": _iso(order.closed_at),
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

    def private(self, field: str, value: str) -> Any:
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

    def _refuse(self, message: str) -> Callable[..., Any]:
        def refuse(_info: object) -> Any:
            raise _denied(message)

        return refuse

    def customer(self, customer: Customer | None) -> Any:
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

    def purchasing_entity(self, order: Order, customer: Customer | None) -> Any:
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


def _fail(_info: object, **_arguments: object) -> Any:
    raise GraphQLError(
        "Internal error. Looks like something went wrong on our end.",
        extensions={"code": "INTERNAL_SERVER_ERROR"},
    )


def _spoil(shop: FakeShop, content: object) -> None:
    """Put what is spoilt into the orders of an answer."""
    if isinstance(content, list):
        for each in content:
            _spoil(shop, each)
    elif isinstance(content, dict):
        spoilt = shop.spoilt.get(_parse_gid(str(content.get("id")))[1], {})
        content |= {name: spoilt[name] for name in content.keys() & spoilt.keys()}
        for each in content.values():
            _spoil(shop, each)


def _webhooks(shop: FakeShop) -> Json:
    """What an app may ask about its webhooks: the list, and the two mutations."""
    post = shop.post

    def subscriptions(_info: object, first: int, after: str | None = None) -> Json:
        every = [
            each
            for each in post.subscriptions.values()
            if not after or each.id > int(after)
        ]
        found = every[:first]
        nodes = [
            {
                "id": f"gid://shopify/WebhookSubscription/{each.id}",
                "topic": each.topic,
                "uri": each.uri,
                "format": each.format,
                "includeFields": each.include_fields,
                "filter": "",
            }
            for each in found
        ]
        return {
            "nodes": nodes,
            "pageInfo": {
                "hasNextPage": len(every) > first,
                "endCursor": str(found[-1].id) if found else None,
            },
        }

    def create(_info: object, topic: str, webhookSubscription: Json) -> Json:
        given = webhookSubscription
        problem = post.subscribe(
            topic,
            given["uri"],
            given.get("includeFields") or [],
            given.get("format") or "JSON",
        )
        return {"userErrors": [{"message": problem}] if problem else []}

    def delete(_info: object, id: str) -> Json:
        problem = post.unsubscribe(_parse_gid(id)[1])
        return {"userErrors": [{"message": problem}] if problem else []}

    return {
        "webhookSubscriptions": subscriptions,
        "webhookSubscriptionCreate": create,
        "webhookSubscriptionDelete": delete,
    }


def _bulk(shop: FakeShop) -> Json:
    """What an app may ask about its bulk operations."""

    def carry(query: str) -> tuple[list[Json], str]:
        result: Any = execute(
            schema(), parse(query), _Root(shop, in_bulk=True).fields()
        )
        if result.errors:
            return [], result.errors[0].extensions["code"]
        _spoil(shop, result.data)
        return [edge["node"] for edge in result.data["orders"]["edges"]], ""

    def run(_info: object, query: str, groupObjects: bool) -> Json:
        document, errors = _document(query)
        operation = document.definitions[0] if document else None
        if errors or groupObjects or getattr(operation, "variable_definitions", ()):
            return {
                "userErrors": [
                    {
                        "code": "INVALID",
                        "message": errors[0].message
                        if errors
                        else "It is no bulk query",
                    }
                ]
            }
        made = shop.bulk.begin(query)
        if isinstance(made, str):
            return {
                "userErrors": [
                    {
                        "code": made,
                        "message": "A bulk query operation for this app is in progress.",
                    }
                ]
            }
        return {"bulkOperation": shop.bulk.fields(made), "userErrors": []}

    def look(_info: object, id: str) -> Json | None:
        found = shop.bulk.look(_parse_gid(id)[1], carry)
        return shop.bulk.fields(found) if found else None

    def cancel(_info: object, id: str) -> Json:
        problem = shop.bulk.cancel(_parse_gid(id)[1])
        return {"userErrors": [{"message": problem}] if problem else []}

    return {
        "bulkOperation": look,
        "bulkOperationRunQuery": run,
        "bulkOperationCancel": cancel,
    }


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


def _iso(at: datetime | None) -> str | None:
    """As Shopify writes times: to the second, though it keeps (and its cursors know) the fraction."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def _exactly(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


SORT_KEYS: dict[str, Callable[[Order], tuple[str, int]]] = {
    "CREATED_AT": lambda order: (_exactly(order.created_at), order.id),
    "UPDATED_AT": lambda order: (_exactly(order.updated_at), order.id),
    "ID": lambda order: ("", order.id),
}


def _cursor(value: str, last_id: int, seen: int) -> str:
    return base64.b64encode(
        json.dumps({"last_value": value, "last_id": last_id, "seen": seen}).encode()
    ).decode()


def _read_cursor(text: str | None) -> tuple[tuple[str, int] | None, int]:
    if not text:
        return None, 0
    try:
        content = json.loads(base64.b64decode(text))
        return (str(content["last_value"]), int(content["last_id"])), int(
            content["seen"]
        )
    except (ValueError, KeyError, TypeError):
        raise GraphQLError(
            "Invalid cursor for current pagination sort.",
            extensions={"code": "BAD_REQUEST"},
        ) from None


def _parse_gid(gid: str) -> tuple[str, int]:
    match = re.fullmatch(r"gid://shopify/(\w+)/(\d+)", gid)
    return (match[1], int(match[2])) if match else ("", 0)


TERM = re.compile(
    r"(updated_at|created_at):(>=|<=|>|<)'([^']*)'|(id):(>=)?(\d+)|(name):'((?:[^'\\]|\\.)*)'"
    r"|(-?)(status|test|fulfillment_status|financial_status|tag_not):(\w+|'(?:[^'\\]|\\.)*')"
)


def _filter(query: str) -> Callable[[Order], bool]:
    """The search filters that the integration and the tests use: terms side by side are AND, and OR stands
    between such groups. An unknown one is an error, so that none goes unnoticed."""
    groups: list[list[Callable[[Order], bool]]] = [[]]
    rest = query.strip()
    while rest:
        match = TERM.match(rest)
        if match:
            groups[-1].append(_term(match))
        elif match := re.match(r"OR\b", rest):
            groups.append([])
        else:
            raise GraphQLError(f"This shop does not know the search filter {rest!r}.")
        rest = rest[match.end() :].lstrip()
    return lambda order: any(all(term(order) for term in group) for group in groups)


def _term(match: re.Match[str]) -> Callable[[Order], bool]:
    if match[4]:
        number = int(match[6])
        return (
            (lambda order: order.id >= number)
            if match[5]
            else (lambda order: order.id == number)
        )
    if match[7]:
        words = _words(re.sub(r"\\(.)", r"\1", match[8]))
        return lambda order: (
            bool(words)
            and all(
                any(each.startswith(word) for each in _words(order.name))
                for word in words
            )
        )
    if match[10]:
        return _state(
            match[10], re.sub(r"\\(.)", r"\1", match[11]).strip("'"), bool(match[9])
        )
    field, sign, bound = match[1], match[2], datetime.fromisoformat(match[3])

    def compare(order: Order) -> bool:
        at = getattr(order, field)
        match sign:
            case ">=":
                return bool(at >= bound)
            case ">":  # Excludes the whole second since version 2026-10.
                return bool(at.replace(microsecond=0) > bound)
            case "<=":
                return bool(at <= bound)
            case _:
                return bool(at < bound)

    return compare


def _state(field: str, value: str, is_negated: bool) -> Callable[[Order], bool]:
    """A filter by what the order is like."""

    def matches(order: Order) -> bool:
        match field:
            case "status":
                state = not (order.cancelled_at or order.closed_at)
                return state == (value == "open")
            case "test":
                return order.test == (value == "true")
            case "tag_not":
                return value.casefold() not in [tag.casefold() for tag in order.tags]
            case "fulfillment_status":
                return order.fulfillment.casefold() == value
            case _:
                return order.financial.casefold() == value

    return lambda order: matches(order) != is_negated


def _words(name: str) -> list[str]:
    """An order's name as the search compares it: word by word, by how they begin, whatever their case and
    whatever stands between them."""
    return re.findall(r"[^\W_]+", name.casefold())
