"""A question to the graph of several services is taken apart: what is asked of which, of what.

As a gateway does it, for what ours are: object types, and entities whose key is their id.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    NameNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    parse,
)

from kernel.mesh.subgraphs import ROOT, Types

#: What an answer tells the id of an entity as, for those who say more of it.
KEY = "septetKey"
#: Fields of a question, each fragment counted wherever it is used.
MOST_FIELDS = 5_000
MOST_DEPTH = 40


class UnreachableError(Exception):
    """No service has a field that is asked for; the message says which, and of what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one service is asked of objects of one type, and what others are asked of these."""

    service: str
    type: str
    selections: Sequence[SelectionNode]
    further: Sequence["Further"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Further:
    """Where in an object others are that another service says more of."""

    path: tuple[str, ...]
    step: Step


@dataclass(slots=True)
class _Part:
    """What becomes of a selection: what its service is asked, and what others are."""

    own: list[SelectionNode] = field(default_factory=list)
    further: list[Further] = field(default_factory=list)
    #: By service.
    foreign: dict[str, list[SelectionNode]] = field(default_factory=dict)


class Planner:
    """Takes one document apart; `types` knows a service, `owner` who has a field of a type."""

    def __init__(
        self,
        document: str,
        types: Callable[[str], Types],
        owner: Callable[[str, str], str | None],
    ) -> None:
        self._types, self._owner = types, owner
        self._left = MOST_FIELDS
        self._fragments: dict[str, FragmentDefinitionNode] = {}
        for one in parse(document, no_location=True).definitions:
            if isinstance(one, FragmentDefinitionNode):
                self._fragments[one.name.value] = one
            elif isinstance(one, OperationDefinitionNode):
                self.operation = one
        if not hasattr(self, "operation"):
            raise UnreachableError("there is no query")

    def steps(self) -> list[Step]:
        """Return what each service is asked to begin with; raises UnreachableError."""
        found = self._part("", ROOT, self.operation.selection_set.selections, 0)
        return self._steps(ROOT, found.foreign, 0)

    def _steps(
        self, type_: str, foreign: Mapping[str, Sequence[SelectionNode]], depth: int
    ) -> list[Step]:
        return [self._step(service, type_, some, depth) for service, some in foreign.items()]

    def _step(
        self, service: str, type_: str, selections: Iterable[SelectionNode], depth: int
    ) -> Step:
        part = self._part(service, type_, selections, depth)
        return Step(service=service, type=type_, selections=part.own, further=part.further)

    def _part(
        self, service: str, type_: str, selections: Iterable[SelectionNode], depth: int
    ) -> _Part:
        """Return what a service is asked of a type; of the root itself nobody is."""
        if depth > MOST_DEPTH:
            raise UnreachableError(f"the query nests deeper than {MOST_DEPTH}")
        part = _Part()
        for node in selections:
            self._left -= 1
            if self._left < 0:
                raise UnreachableError(f"the query has more than {MOST_FIELDS} fields")
            if isinstance(node, FieldNode):
                self._take_field(part, service, type_, node, depth)
            else:
                self._take_fragment(part, service, type_, node, depth)
        if part.foreign and service:
            part.own.append(self._key(service, type_))
            others = self._steps(type_, part.foreign, depth)
            part.further += [Further(path=(), step=one) for one in others]
        return part

    def _take_field(
        self, part: _Part, service: str, type_: str, node: FieldNode, depth: int
    ) -> None:
        name = node.name.value
        known = self._types(service).fields.get(type_, {}) if service else {}
        if name == "__typename" and service:
            part.own.append(node)
        elif name not in known:
            owner = self._owner(type_, name)
            if owner is None or owner == service:
                raise UnreachableError(f'no service has a field "{name}" of {type_}')
            part.foreign.setdefault(owner, []).append(node)
        elif node.selection_set is None:
            part.own.append(node)
        else:
            below = self._part(service, known[name].type, node.selection_set.selections, depth + 1)
            part.own.append(_field_with(node, below.own))
            key = node.alias.value if node.alias else name
            part.further += [Further(path=(key, *one.path), step=one.step) for one in below.further]

    def _take_fragment(
        self, part: _Part, service: str, type_: str, node: SelectionNode, depth: int
    ) -> None:
        """Take what a fragment has; others are asked under the conditions that it stands under."""
        found = self._within(node)
        if found is None:
            raise UnreachableError("the query names a fragment that it does not have")
        # None where it says none, whatever the library's own types say.
        condition: Any = found.type_condition
        wanted = condition.name.value if condition is not None else type_
        if wanted != type_:
            raise UnreachableError(f"a fragment on {wanted} stands where {type_} is")
        below = self._part(service, type_, found.selection_set.selections, depth + 1)
        conditions = node.directives
        if below.own:
            part.own.append(_inline(below.own, conditions))
        for one in below.further:
            if one.path:
                part.further.append(one)
                continue
            step = one.step
            inside = [_inline(step.selections, conditions)]
            kept = Step(
                service=step.service, type=step.type, selections=inside, further=step.further
            )
            part.further.append(Further(path=(), step=kept))
        if not service:
            for owner, some in below.foreign.items():
                part.foreign.setdefault(owner, []).append(_inline(some, conditions))

    def _within(self, node: SelectionNode) -> InlineFragmentNode | FragmentDefinitionNode | None:
        if isinstance(node, InlineFragmentNode):
            return node
        if isinstance(node, FragmentSpreadNode):
            return self._fragments.get(node.name.value)
        return None

    def _key(self, service: str, type_: str) -> FieldNode:
        if "id" not in self._types(service).fields.get(type_, {}):
            raise UnreachableError(
                f"{type_} of {service} has no id, by which others say more of it"
            )
        return FieldNode(
            alias=NameNode(value=KEY), name=NameNode(value="id"), arguments=(), directives=()
        )


def _field_with(node: FieldNode, selections: Sequence[SelectionNode]) -> FieldNode:
    return FieldNode(
        alias=node.alias,
        name=node.name,
        arguments=node.arguments,
        directives=node.directives,
        selection_set=SelectionSetNode(selections=tuple(selections)),
    )


def _inline(selections: Sequence[SelectionNode], directives: Sequence[object]) -> SelectionNode:
    return InlineFragmentNode(
        type_condition=None,
        directives=tuple(directives),
        selection_set=SelectionSetNode(selections=tuple(selections)),
    )
