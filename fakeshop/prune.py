"""``python -m fakeshop.prune PUBLISHED.json.gz > fakeshop/schema/admin_2026-10.graphql``: the part of
Shopify's schema that we use.

PUBLISHED is an introspection result of the Admin API, as Shopify publishes it. Kept are the types, fields,
arguments and enum values that the documents of the integration reach, and beside them every deprecated plain
field of those types, so that a document which begins to use one can be told.
"""

import gzip
import json
import sys
from collections import defaultdict
from pathlib import Path

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    build_client_schema,
    get_named_type,
    is_specified_scalar_type,
    parse,
    visit,
)
from graphql.language import FieldNode, ObjectFieldNode

DOCUMENTS = (
    Path(__file__).resolve().parent.parent / "integrations" / "shopify" / "documents"
)


class _Use(Visitor):
    """Collects the fields that a document selects, with their arguments, and those of inputs that it gives,
    by the name of their type."""

    def __init__(self, types: TypeInfo, used: dict[str, dict[str, set[str]]]) -> None:
        super().__init__()
        self.types, self.used = types, used

    def enter_field(self, node: FieldNode, *_rest: object) -> None:
        parent = self.types.get_parent_type()
        if parent is None or node.name.value.startswith("__"):
            return
        arguments = {argument.name.value for argument in node.arguments or ()}
        self.used[parent.name].setdefault(node.name.value, set()).update(arguments)
        kind = get_named_type(self.types.get_type())
        if isinstance(kind, GraphQLUnionType):
            self.used.setdefault(kind.name, {})

    def enter_object_field(self, node: ObjectFieldNode, *_rest: object) -> None:
        parent = get_named_type(self.types.get_parent_input_type())
        if isinstance(parent, GraphQLInputObjectType):
            self.used[parent.name].setdefault(node.name.value, set())


def prune(schema: GraphQLSchema, documents: list[str]) -> str:
    """The schema's part that ``documents`` use, as SDL in a fixed order."""
    used: dict[str, dict[str, set[str]]] = defaultdict(dict, {"Node": {"id": set()}})
    types = TypeInfo(schema)
    visit(parse("\n".join(documents)), TypeInfoVisitor(types, _Use(types, used)))
    leaves: dict[str, GraphQLNamedType] = {}
    composites = [
        _composite(schema.type_map[name], used, leaves) for name in sorted(used)
    ]
    parts = [
        "schema { query: QueryRoot mutation: Mutation }",
        *composites,
        *(_leaf(leaves[name]) for name in sorted(leaves)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _composite(
    kind: GraphQLNamedType,
    used: dict[str, dict[str, set[str]]],
    leaves: dict[str, GraphQLNamedType],
) -> str:
    if isinstance(kind, GraphQLInputObjectType):
        return _input(kind, sorted(used[kind.name]), leaves)
    if isinstance(kind, GraphQLUnionType):
        return _union(kind, used)
    if not isinstance(kind, (GraphQLObjectType, GraphQLInterfaceType)):
        raise TypeError(f"{kind} is of a kind that the documents did not use so far")
    chosen = dict(used[kind.name])
    if isinstance(kind, GraphQLObjectType):
        chosen |= {
            name: set()
            for name, field in kind.fields.items()
            if name not in chosen and _is_old_leaf(field)
        }
    # What implements Node must show the interface's fields.
    interfaces = [each.name for each in kind.interfaces if each.name == "Node"]
    chosen |= {"id": set()} if interfaces else {}
    lines = [
        _field(name, kind.fields[name], chosen[name], leaves) for name in sorted(chosen)
    ]
    word = "interface" if isinstance(kind, GraphQLInterfaceType) else "type"
    implements = f" implements {' & '.join(interfaces)}" if interfaces else ""
    return f"{word} {kind.name}{implements} {{\n" + "\n".join(lines) + "\n}"


def _input(
    kind: GraphQLInputObjectType, chosen: list[str], leaves: dict[str, GraphQLNamedType]
) -> str:
    fields = {name: kind.fields[name].type for name in chosen}
    for given in fields.values():
        named = get_named_type(given)
        if isinstance(named, (GraphQLScalarType, GraphQLEnumType)):
            leaves[named.name] = named
    return (
        f"input {kind.name} {{\n"
        + "\n".join(f"  {name}: {given}" for name, given in fields.items())
        + "\n}"
    )


def _union(kind: GraphQLUnionType, used: dict[str, dict[str, set[str]]]) -> str:
    members = sorted(each.name for each in kind.types if each.name in used)
    return f"union {kind.name} = {' | '.join(members)}"


def _is_old_leaf(field: GraphQLField) -> bool:
    plain = isinstance(get_named_type(field.type), (GraphQLScalarType, GraphQLEnumType))
    return plain and field.deprecation_reason is not None and not field.args


def _field(
    name: str,
    field: GraphQLField,
    arguments: set[str],
    leaves: dict[str, GraphQLNamedType],
) -> str:
    given = {each: field.args[each] for each in sorted(arguments)}
    for kind in [field.type, *(argument.type for argument in given.values())]:
        named = get_named_type(kind)
        if isinstance(named, (GraphQLScalarType, GraphQLEnumType)):
            leaves[named.name] = named
    brackets = (
        f"({', '.join(f'{each}: {argument.type}' for each, argument in given.items())})"
        if given
        else ""
    )
    reason = (
        f" @deprecated(reason: {json.dumps(field.deprecation_reason)})"
        if field.deprecation_reason is not None
        else ""
    )
    return f"  {name}{brackets}: {field.type}{reason}"


def _leaf(kind: GraphQLNamedType) -> str:
    if isinstance(kind, GraphQLEnumType):
        return (
            f"enum {kind.name} {{\n"
            + "\n".join(f"  {value}" for value in sorted(kind.values))
            + "\n}"
        )
    return "" if is_specified_scalar_type(kind) else f"scalar {kind.name}"


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(
            "Give the published schema: python -m fakeshop.prune admin_2026-10.json.gz"
        )
    with gzip.open(sys.argv[1], "rt", encoding="utf-8") as file:
        published = json.load(file)
    schema = build_client_schema(published.get("data", published), assume_valid=True)
    sys.stdout.write(
        prune(
            schema,
            [path.read_text("utf-8") for path in sorted(DOCUMENTS.glob("*.graphql"))],
        )
    )


if __name__ == "__main__":
    main()
