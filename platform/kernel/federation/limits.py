"""How large a document may be, judged before anything of it runs."""

from collections.abc import Iterator
from dataclasses import dataclass

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FloatValueNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    IntValueNode,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
    StringValueNode,
)

from kernel.errors import InvalidInputError, LimitExceededError

#: The longest number in a document. Python refuses to read much longer ones, in its own words.
_MOST_DIGITS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one document may hold, and what one operation may cost."""

    tokens: int
    depth: int
    aliases: int
    directives: int
    cost: int

    def check_size(self, document: DocumentNode) -> None:
        """Raise LimitExceededError for too many aliases or directives, before validation."""
        aliases = directives = 0
        for node in walk(document):
            if isinstance(node, FieldNode) and node.alias:
                aliases += 1
            elif isinstance(node, DirectiveNode):
                directives += 1
            elif isinstance(node, StringValueNode) and "\0" in node.value:
                raise InvalidInputError("text may not contain the character U+0000")
            elif isinstance(node, IntValueNode | FloatValueNode) and len(node.value) > _MOST_DIGITS:
                raise InvalidInputError(f"a number has at most {_MOST_DIGITS} digits")
        if aliases > self.aliases:
            raise LimitExceededError(f"at most {self.aliases} aliases, found {aliases}")
        if directives > self.directives:
            raise LimitExceededError(f"at most {self.directives} directives, found {directives}")

    def check_depth(self, document: DocumentNode) -> None:
        """Raise LimitExceededError for selections nested too deep, in a validated document."""
        fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        known: dict[str, int] = {}
        for definition in document.definitions:
            if isinstance(definition, OperationDefinitionNode):
                depth = _depth(definition.selection_set, fragments, known)
                if depth > self.depth:
                    raise LimitExceededError(
                        f"selections nest at most {self.depth} deep, found {depth}"
                    )


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and all under it, however deep they nest."""
    stack: list[Node] = [node]
    while stack:
        current = stack.pop()
        yield current
        for name in current.keys:
            child = getattr(current, name, None)
            if isinstance(child, Node):
                stack.append(child)
            elif isinstance(child, tuple):
                stack.extend(item for item in child if isinstance(item, Node))


def _depth(
    selections: SelectionSetNode | None,
    fragments: dict[str, FragmentDefinitionNode],
    known: dict[str, int],
) -> int:
    """Return how deep fields nest; each fragment is measured once, however often it is spread."""
    deepest = 0
    for selection in selections.selections if selections else ():
        if isinstance(selection, FieldNode):
            if selection.name.value.startswith("__"):
                continue
            depth = 1 + _depth(selection.selection_set, fragments, known)
        elif isinstance(selection, FragmentSpreadNode):
            name = selection.name.value
            if name not in known:
                known[name] = _depth(fragments[name].selection_set, fragments, known)
            depth = known[name]
        else:
            depth = _depth(getattr(selection, "selection_set", None), fragments, known)
        deepest = max(deepest, depth)
    return deepest
