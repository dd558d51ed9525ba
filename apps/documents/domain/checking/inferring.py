"""A draft of the JSON Schema that a template's data has to fit, from what the template reads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.documents.domain.checking.walking import Loop, Scope, Use, expressions
from apps.documents.domain.expressions.functions import FUNCTIONS
from apps.documents.domain.model.blocks import Template
from contracts.expressions import nodes as n
from contracts.expressions.dates import DATES
from contracts.expressions.lists import LISTS

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_NUMERIC = frozenset(("-", "*", "/", "%"))
_DATED = frozenset((*DATES, "date", "datetime", "time"))
_NUMBERED = frozenset(("number", "currency", "percent", "unit", "plural", "round", "floor", "ceil"))
_TEXTUAL = frozenset(("upper", "lower", "trim", "capital", "replace", "split", "substring"))
_ADDED = frozenset(("sum", "avg"))
#: Functions that give items of the list that they take.
_ITEMS_OF = frozenset(("sort", "filter", "distinct", "slice", "reverse"))
_ONE_OF = frozenset(("first", "last", "min", "max"))


@dataclass(slots=True)
class Shape:
    """What is known of one place in the data."""

    kind: str = ""
    fields: dict[str, "Shape"] = field(default_factory=dict)
    items: "Shape | None" = None

    def of(self, name: str) -> "Shape":
        """Return what is known of a field."""
        return self.fields.setdefault(name, Shape())

    def item(self) -> "Shape":
        """Return what is known of each item of the list that it is."""
        self.items = self.items or Shape()
        return self.items

    def schema(self) -> dict[str, Any]:
        """Return it as JSON Schema."""
        if self.fields:
            found = {name: shape.schema() for name, shape in sorted(self.fields.items())}
            return {"type": "object", "properties": found, "required": sorted(found)}
        if self.items is not None:
            return {"type": "array", "items": self.items.schema()}
        return {
            "number": {"type": "number"},
            "date": {"type": "string", "format": "date"},
            "text": {"type": "string"},
            "boolean": {"type": "boolean"},
            "list": {"type": "array"},
        }.get(self.kind, {})


def infer_schema(template: Template) -> dict[str, Any]:
    """Return a schema of every field that the template reads; all of them are required."""
    inferrer = Inferrer()
    for expression, use, scope in expressions(template):
        inferrer.use(expression.node, use, inferrer.env(scope))
    return schema_of(inferrer.root)


def schema_of(root: Shape) -> dict[str, Any]:
    """Return the schema of data of which this is known."""
    return {"$schema": DIALECT, **(root.schema() or {"type": "object"})}


def both(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Return a schema of what either of two reads; of a field that both read the first counts."""
    fields = {**other.get("properties", {}), **one.get("properties", {})}
    if not fields:
        return one
    return {**one, "properties": dict(sorted(fields.items())), "required": sorted(fields)}


class Inferrer:
    """Gathers what expressions say of the data that they read."""

    def __init__(self) -> None:
        self.root = Shape()

    def env(self, scope: Scope) -> dict[str, Shape]:
        """Return the shapes that names of loops stand for."""
        return {name: self._loop(loop) for name, loop in scope.items()}

    def _loop(self, loop: Loop) -> Shape:
        over = self.shape(loop.over.node, self.env(loop.around))
        return over.item() if loop.each else over

    def use(self, node: n.Node, use: Use, env: Mapping[str, Shape]) -> None:
        """Note what is wanted of a node."""
        shape = self.shape(node, env)
        if use == "list":
            shape.item()
        elif use in ("number", "date") and not shape.kind:
            shape.kind = use

    def shape(  # noqa: PLR0911  (one case for each)
        self, node: n.Node, env: Mapping[str, Shape]
    ) -> Shape:
        """Return the place in the data that a node reads, or a place of its own."""
        match node:
            case n.Name():
                return env[node.name] if node.name in env else self.root.of(node.name)
            case n.Member():
                return self.shape(node.of, env).of(node.name)
            case n.Index():
                self.shape(node.index, env)
                if isinstance(node.index, n.Literal) and isinstance(node.index.value, str):
                    return self.shape(node.of, env).of(node.index.value)
                return self.shape(node.of, env).item()
            case n.Binary():
                return self._binary(node, env)
            case n.Conditional():
                self.shape(node.test, env)
                self.shape(node.other, env)
                return self.shape(node.then, env)
            case n.Call():
                return self._call(node, env)
            case _:
                for child in n.children(node):
                    self.shape(child, env)
                return Shape()

    def _binary(self, node: n.Binary, env: Mapping[str, Shape]) -> Shape:
        left, right = self.shape(node.left, env), self.shape(node.right, env)
        if node.operator in _NUMERIC:
            left.kind = left.kind or "number"
            right.kind = right.kind or "number"
        for shape, other in ((left, node.right), (right, node.left)):
            if isinstance(other, n.Literal) and other.value is not None and node.operator != "in":
                shape.kind = shape.kind or _kind(other.value)
        return left if node.operator == "??" else Shape()

    def _call(self, node: n.Call, env: Mapping[str, Shape]) -> Shape:
        function = FUNCTIONS[node.name]
        first = self.shape(node.arguments[0], env) if node.arguments else Shape()
        result = Shape()
        if node.name in LISTS:
            first.item()
        for at, argument in enumerate(node.arguments[1:], start=1):
            if at == function.each and isinstance(argument, n.Lambda):
                body = self.shape(argument.body, {**env, argument.name: first.item()})
                _gathered(node.name, body, first, result)
            else:
                self.shape(argument, env)
        kinds = ((_DATED, "date"), (_NUMBERED, "number"), (_TEXTUAL, "text"))
        for names, kind in kinds:
            if node.name in names:
                first.kind = first.kind or kind
        if node.name in _ITEMS_OF and result.items is None:
            return first
        if node.name == "chunk":
            result.items = first
            return result
        return first.item() if node.name in _ONE_OF and len(node.arguments) == 1 else result


def _gathered(name: str, body: Shape, over: Shape, result: Shape) -> None:
    """Note what a function makes of what it was told of each item."""
    if name in _ADDED:
        body.kind = body.kind or "number"
    elif name in ("map", "distinct"):
        result.items = body
    elif name == "group":
        result.item().fields = {"key": body, "items": over}


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "text" if isinstance(value, str) else "number"
