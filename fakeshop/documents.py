"""GraphQL documents with Shopify's own types."""

import re
from functools import cache
from pathlib import Path

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    build_schema,
    parse,
    validate,
)

SCHEMA_FILE = Path(__file__).resolve().parent / "schema" / "admin_2026-10.graphql"


@cache
def schema() -> GraphQLSchema:
    return build_schema(SCHEMA_FILE.read_text("utf-8"), assume_valid=True)


@cache
def parsed(text: str) -> tuple[DocumentNode | None, tuple[GraphQLError, ...]]:
    """The parsed document, or what is wrong with it."""
    try:
        document = parse(text)
    except GraphQLError as error:
        return None, (error,)
    return document, tuple(validate(schema(), document))


def operation_name(text: str) -> str:
    document, _errors = parsed(text)
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


def parse_gid(gid: str) -> tuple[str, int]:
    match = re.fullmatch(r"gid://shopify/(\w+)/(\d+)", gid)
    return (match[1], int(match[2])) if match else ("", 0)
