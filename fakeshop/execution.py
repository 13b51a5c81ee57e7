"""Runs GraphQL documents over a shop with Shopify's own types: what is not in the schema cannot be
answered."""

from typing import Any

from graphql import ExecutionResult, execute, parse

from fakeshop.cost import MAX_COST, requested_cost
from fakeshop.documents import parse_gid, parsed, schema
from fakeshop.root import NO_PII, Root
from fakeshop.shop import FakeShop, Request

Json = dict[str, Any]


def answer(shop: FakeShop, text: str, variables: Json, request: Request) -> Json:
    """The body of the answer to a document, cost included; ``request`` is told what it cost."""
    document, errors = parsed(text)
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
        root = Root(shop).fields() | _webhooks(shop) | _bulk(shop)
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


def _spoil(shop: FakeShop, content: object) -> None:
    """Put what is spoilt into the orders of an answer."""
    if isinstance(content, list):
        for each in content:
            _spoil(shop, each)
    elif isinstance(content, dict):
        spoilt = shop.spoilt.get(parse_gid(str(content.get("id")))[1], {})
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
        problem = post.unsubscribe(parse_gid(id)[1])
        return {"userErrors": [{"message": problem}] if problem else []}

    return {
        "webhookSubscriptions": subscriptions,
        "webhookSubscriptionCreate": create,
        "webhookSubscriptionDelete": delete,
    }


def _bulk(shop: FakeShop) -> Json:
    """What an app may ask about its bulk operations."""

    def carry(query: str) -> tuple[list[Json], str]:
        result: Any = execute(schema(), parse(query), Root(shop, in_bulk=True).fields())
        if result.errors:
            return [], result.errors[0].extensions["code"]
        _spoil(shop, result.data)
        return [edge["node"] for edge in result.data["orders"]["edges"]], ""

    def run(_info: object, query: str, groupObjects: bool) -> Json:
        document, errors = parsed(query)
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
        found = shop.bulk.look(parse_gid(id)[1], carry)
        return shop.bulk.fields(found) if found else None

    def cancel(_info: object, id: str) -> Json:
        problem = shop.bulk.cancel(parse_gid(id)[1])
        return {"userErrors": [{"message": problem}] if problem else []}

    return {
        "bulkOperation": look,
        "bulkOperationRunQuery": run,
        "bulkOperationCancel": cancel,
    }
