"""A draft of the JSON Schema of the data that a template made in Word reads."""

from collections.abc import Mapping
from typing import Any

from jinja2 import nodes

from apps.documents.adapters.docx.templates import trees_of
from apps.documents.domain.checking.inferring import Shape, schema_of

_NUMBERED = frozenset(("number", "currency", "percent", "round", "abs"))
_DATED = frozenset(("date", "datetime"))
_TEXTUAL = frozenset(("upper", "lower", "capitalize", "trim"))
_RECKONED = (nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.Neg)
#: Filters that give items of the list that they take.
_ITEMS_OF = frozenset(("sort", "reverse"))

Names = Mapping[str, Shape]


def infer_docx_schema(content: bytes) -> dict[str, Any]:
    """Return a schema of every field that a template reads, all required.

    For one that `check_docx_template` has nothing against.
    """
    root = Shape()
    reader = _Reader(root)
    for tree in trees_of(content):
        for node in tree.body:
            reader.statement(node, {})
    return schema_of(root)


class _Reader:
    def __init__(self, root: Shape) -> None:
        self.root = root

    def statement(self, node: nodes.Node, names: Names) -> None:
        """Note what a loop, a condition or a placeholder reads."""
        match node:
            case nodes.For():
                assert isinstance(node.target, nodes.Name)  # noqa: S101  # nosec B101  # checked
                item = self.shape(node.iter, names).item()
                inner = {**names, node.target.name: item, "loop": Shape()}
                if node.test is not None:
                    self.shape(node.test, inner)
                for one in node.body:
                    self.statement(one, inner)
                for one in node.else_:
                    self.statement(one, names)
            case nodes.If():
                self.shape(node.test, names)
                for one in (*node.body, *node.elif_, *node.else_):
                    self.statement(one, names)
            case _:
                for one in node.iter_child_nodes():
                    self.shape(one, names)

    def shape(self, node: nodes.Node, names: Names) -> Shape:
        """Return the place in the data that a node reads, or a place of its own."""
        match node:
            case nodes.Name():
                return names[node.name] if node.name in names else self.root.of(node.name)
            case nodes.Getattr():
                return self.shape(node.node, names).of(node.attr)
            case nodes.Getitem(arg=nodes.Const(value=str(name))):
                return self.shape(node.node, names).of(name)
            case nodes.Getitem():
                self.shape(node.arg, names)
                return self.shape(node.node, names).item()
            case nodes.Filter():
                return self._filtered(node, names)
        found = [self.shape(one, names) for one in node.iter_child_nodes()]
        if isinstance(node, _RECKONED):
            for one in found:
                _known(one, "number")
        # Of a condition within a placeholder: what it is if that holds.
        return found[1] if isinstance(node, nodes.CondExpr) else Shape()

    def _filtered(self, node: nodes.Filter, names: Names) -> Shape:
        found = Shape() if node.node is None else self.shape(node.node, names)
        for one in (*node.args, *node.kwargs):
            self.shape(one, names)
        for kinds, kind in ((_NUMBERED, "number"), (_DATED, "date"), (_TEXTUAL, "text")):
            if node.name in kinds:
                _known(found, kind)
        if node.name == "sum":
            _known(_of(found.item(), node), "number")
        elif node.name in ("first", "last"):
            return found.item()
        elif node.name == "join":
            found.item()
        elif node.name in _ITEMS_OF:
            item = found.item()
            if node.name == "sort":
                _of(item, node)
            return found
        return found if node.name == "default" else Shape()


def _known(shape: Shape, kind: str) -> None:
    shape.kind = shape.kind or kind


def _of(item: Shape, node: nodes.Filter) -> Shape:
    """Return the field of an item that a filter names, or the item."""
    named = [one.value for one in node.kwargs if one.key == "attribute"]
    for one in (*node.args[:1], *named):
        if isinstance(one, nodes.Const) and isinstance(one.value, str):
            return item.of(one.value)
    return item
