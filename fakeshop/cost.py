"""What a question costs and what is left to pay it with, as Shopify reckons it.

The formula is the one that Shopify's staff gave in its developer community (thread 24364): plain values cost
nothing, an object or a list of objects 1, a connection 2 plus a logarithm of its page size for each node. It
reproduces Shopify's published costs.
"""

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_leaf_type,
)

MAX_COST = 1_000
MUTATION = 10
FREE = {
    "MoneyBag",
    "MoneyV2",
    "Attribute",
    "PricingValue",
    "PageInfo",
    "ShopAddress",
    "CurrencyFormats",
}
"""Values without an identity: they cost nothing, and neither does what is in them."""


def requested_cost(
    schema: GraphQLSchema, document: DocumentNode, variables: dict[str, Any]
) -> int:
    """The points that must be in the bucket before ``document`` is run."""
    fragments = {
        each.name.value: each
        for each in document.definitions
        if isinstance(each, FragmentDefinitionNode)
    }
    operation = next(
        each
        for each in document.definitions
        if isinstance(each, OperationDefinitionNode)
    )
    if operation.operation == OperationType.MUTATION:
        return MUTATION * len(operation.selection_set.selections)
    return _Pricing(schema, fragments, variables).of(
        operation.selection_set, schema.query_type
    )


class _Pricing:
    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: dict[str, FragmentDefinitionNode],
        variables: dict[str, Any],
    ) -> None:
        self.schema, self.fragments, self.variables = schema, fragments, variables

    # graphql-core looks up a type, and lists what is selected, without saying of which kind it is.
    def of(self, selections: SelectionSetNode | None, parent: Any) -> int:  # noqa: ANN401  see above
        return (
            sum(self._selection(each, parent) for each in selections.selections)
            if selections
            else 0
        )

    def _selection(self, node: Any, parent: Any) -> int:  # noqa: ANN401  see above
        if isinstance(node, FragmentSpreadNode):
            fragment = self.fragments[node.name.value]
            return self.of(
                fragment.selection_set,
                self.schema.type_map[fragment.type_condition.name.value],
            )
        if isinstance(node, InlineFragmentNode):
            named = node.type_condition
            return self.of(
                node.selection_set,
                self.schema.type_map[named.name.value] if named else parent,
            )
        return (
            0
            if node.name.value.startswith("__")
            else self._field(node, parent.fields[node.name.value].type)
        )

    def _field(self, node: FieldNode, kind: GraphQLOutputType) -> int:
        named: Any = get_named_type(kind)
        if is_leaf_type(named) or named.name in FREE:
            return 0
        if not named.name.endswith("Connection"):
            return 1 + self.of(node.selection_set, named)
        size = max(
            2, self._argument(node, "first") or self._argument(node, "last") or 2
        )
        return 2 + math.floor(2 * math.log(size)) * self._node(node, named)

    def _node(self, node: FieldNode, connection: GraphQLObjectType) -> int:
        """What one node of the connection costs; Shopify counts ``nodes`` and ``edges`` alike."""
        selections = node.selection_set.selections if node.selection_set else ()
        inner = [
            each
            for each in selections
            if isinstance(each, FieldNode) and each.name.value == "nodes"
        ]
        return sum(
            1
            + self.of(
                each.selection_set, get_named_type(connection.fields["nodes"].type)
            )
            for each in inner
        )

    def _argument(self, node: FieldNode, name: str) -> int:
        given = next(
            (each.value for each in node.arguments or () if each.name.value == name),
            None,
        )
        value = (
            self.variables.get(given.name.value)
            if isinstance(given, VariableNode)
            else getattr(given, "value", 0)
        )
        return int(value or 0)


@dataclass
class Bucket:
    """Points that restore with time. ``take`` is atomic; ``clock`` gives seconds."""

    maximum: float = 2_000
    restore_rate: float = 100
    clock: Callable[[], float] = monotonic
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        self.available, self.at = self.maximum, self.clock()

    def take(self, points: float) -> bool:
        """Take so many points, or none if so many are not there."""
        with self.lock:
            now = self.clock()
            self.available = min(
                self.maximum, self.available + (now - self.at) * self.restore_rate
            )
            self.at = now
            if points > self.available:
                return False
            self.available -= points
            return True

    def status(self) -> dict[str, float]:
        return {
            "maximumAvailable": self.maximum,
            "currentlyAvailable": int(self.available),
            "restoreRate": self.restore_rate,
        }
