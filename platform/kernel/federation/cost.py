"""What an operation may cost, told before any of it runs.

The IBM cost directive specification as Apollo's demand control reads it: an object costs 1, a
scalar or an enum 0, unless `@cost` says otherwise; a list costs its element as often as a slicing
argument or `@listSize` says; a mutation adds 10; an argument adds what its own `@cost` says.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    Node,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    Undefined,
    ValueNode,
    VariableNode,
    get_named_type,
    is_leaf_type,
    value_from_ast_untyped,
)

MUTATION_COST = 10
#: The length of a list of which nothing is said.
ASSUMED_SIZE = 10
# Its length is in the request, whether or not the schema says so.
_REPRESENTATIONS: Mapping[str, Any] = {"slicingArguments": ["representations"]}


class Run:
    """One estimate: the variables of a request, and the fragments that are added up already."""

    __slots__ = ("known", "variables")

    def __init__(self, variables: Mapping[str, Any]) -> None:
        self.variables = variables
        self.known: dict[object, float] = {}


#: A number, or what depends on variables.
Amount = float | Callable[[Run], float]


@dataclass(frozen=True, slots=True)
class _Sizes:
    """The fields of a connection that are as long as the connection's own arguments say."""

    fields: frozenset[str]
    size: Amount


_UNSIZED = _Sizes(frozenset(), 0)


def estimator(
    schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode
) -> Callable[[Mapping[str, Any]], int]:
    """Return what tells the cost of a validated operation for the variables of a request."""
    compiler = _Compiler(schema, document, operation)
    root = schema.get_root_type(operation.operation)
    base = MUTATION_COST if operation.operation == OperationType.MUTATION else 0
    cost = _total([base, compiler.selections(operation.selection_set, root, _UNSIZED)])
    if not callable(cost):
        constant = round(cost)
        return lambda _variables: constant
    return lambda variables: round(cost(Run(variables)))


class _Compiler:
    """Walks a document once; a fragment is walked once for each field that sizes its lists."""

    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode
    ) -> None:
        self._schema = schema
        self._fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self._defaults = {
            variable.variable.name.value: value_from_ast_untyped(variable.default_value)
            for variable in operation.variable_definitions or ()
            if variable.default_value is not None
        }
        self._sizes: dict[int, _Sizes] = {}
        self._compiled: dict[tuple[str, int], Amount] = {}

    def selections(self, selected: SelectionSetNode | None, parent: Any, sizes: _Sizes) -> Amount:
        return _total(
            self._if_included(selection, self._selection(selection, parent, sizes))
            for selection in (selected.selections if selected else ())
        )

    def _selection(self, node: Node, parent: Any, sizes: _Sizes) -> Amount:
        if isinstance(node, FieldNode):
            return self._field(node, parent, sizes)
        if isinstance(node, FragmentSpreadNode):
            return self._fragment(node.name.value, sizes)
        return self._typed(node, parent, sizes)

    def _typed(self, node: Any, parent: Any, sizes: _Sizes) -> Amount:
        condition = node.type_condition
        on = self._schema.type_map[condition.name.value] if condition else parent
        return self.selections(node.selection_set, on, sizes)

    def _fragment(self, name: str, sizes: _Sizes) -> Amount:
        key = (name, id(sizes))
        if key not in self._compiled:
            self._compiled[key] = _once(key, self._typed(self._fragments[name], None, sizes))
        return self._compiled[key]

    def _field(self, node: FieldNode, parent: Any, sizes: _Sizes) -> Amount:
        name = node.name.value
        if name.startswith("__"):
            # Introspection has a depth of its own, and reads no rows.
            return 0
        field: GraphQLField = parent.fields[name]
        named = get_named_type(field.type)
        returned = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
        listed = isinstance(returned, GraphQLList)
        rule = _directive(field, "listSize") or (_REPRESENTATIONS if name == "_entities" else {})
        if id(node) not in self._sizes:
            self._sizes[id(node)] = _UNSIZED
            if rule.get("sizedFields"):
                size = self._size(node, field, rule)
                self._sizes[id(node)] = _Sizes(frozenset(rule["sizedFields"]), size)

        own = _weight(field, _weight(named, 0 if is_leaf_type(named) else 1))
        inner = self.selections(node.selection_set, named, self._sizes[id(node)])
        each = _total([own, inner])
        if name in sizes.fields and listed:
            each = _product(sizes.size, each)
        elif listed:
            each = _product(self._size(node, field, rule), each)
        return _total([each, *self._arguments(node, field)])

    def _arguments(self, node: FieldNode, field: GraphQLField) -> Iterable[float]:
        return (_weight(field.args[given.name.value], 0) for given in node.arguments)

    def _size(self, node: FieldNode, field: GraphQLField, rule: Mapping[str, Any]) -> Amount:
        """Return how long a list may get: the largest slicing argument, else what is assumed."""
        assumed = rule.get("assumedSize")
        otherwise = float(ASSUMED_SIZE if assumed is None else assumed)
        given = {argument.name.value: argument.value for argument in node.arguments}
        slices = [
            self._value(given.get(name), field.args[name].default_value)
            for name in rule.get("slicingArguments") or ()
            if name in field.args
        ]
        if not any(map(callable, slices)):
            return _longest(slices, otherwise)
        return lambda run: _longest(
            [one(run) if callable(one) else one for one in slices], otherwise
        )

    def _value(self, node: ValueNode | None, default: Any) -> Any:
        """Return an argument's value, or what finds it among the variables."""
        if node is None:
            return default
        if not isinstance(node, VariableNode):
            return value_from_ast_untyped(node)
        name = node.name.value
        otherwise = self._defaults.get(name, default)
        return lambda run: run.variables.get(name, otherwise)

    def _if_included(self, node: Any, amount: Amount) -> Amount:
        """Return the amount, or nothing where @skip or @include leaves the selection out."""
        for directive in node.directives:
            if directive.name.value in {"skip", "include"} and directive.arguments:
                wanted = directive.name.value == "include"
                condition = self._value(directive.arguments[0].value, None)
                amount = _conditional(amount, condition, wanted=wanted)
        return amount


def _conditional(amount: Amount, condition: Any, *, wanted: bool) -> Amount:
    if not callable(condition):
        return amount if condition is wanted else 0
    if not callable(amount):
        return lambda run: amount if condition(run) is wanted else 0
    return lambda run: amount(run) if condition(run) is wanted else 0


def _once(key: object, amount: Amount) -> Amount:
    """Let a fragment be added up once in an estimate, however often it is spread."""
    if not callable(amount):
        return amount

    def known(run: Run) -> float:
        if key not in run.known:
            run.known[key] = amount(run)
        return run.known[key]

    return known


def _total(amounts: Iterable[Amount]) -> Amount:
    constant = 0.0
    varying = []
    for amount in amounts:
        if callable(amount):
            varying.append(amount)
        else:
            constant += amount
    if not varying:
        return constant
    return lambda run: constant + sum(amount(run) for amount in varying)


def _product(size: Amount, each: Amount) -> Amount:
    if not callable(size):
        if not callable(each):
            return size * each
        return lambda run: size * each(run)
    if not callable(each):
        return lambda run: size(run) * each if each else 0
    return lambda run: size(run) * each(run)


def _longest(values: list[Any], otherwise: float) -> float:
    sizes = [size for size in map(_length, values) if size is not None]
    return max(sizes, default=otherwise)


def _length(value: Any) -> float | None:
    if isinstance(value, list):
        return float(len(value))
    if value is Undefined or isinstance(value, bool) or not isinstance(value, int):
        return None
    return float(max(0, value))


def _weight(element: Any, otherwise: float) -> float:
    """Return what `@cost` says of a field, a type or an argument."""
    weight = _directive(element, "cost").get("weight")
    return otherwise if weight is None else float(weight)


def _directive(element: Any, name: str) -> Mapping[str, Any]:
    applied = (element.extensions or {}).get("directives", {}).get(name)
    return applied[0] if applied else {}
