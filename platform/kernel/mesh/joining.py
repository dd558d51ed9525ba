"""One graph of services that are in several processes, asked as whoever acts.

Each service is asked for what it knows, as its own question by the mesh, and what they say is
joined, as behind a gateway. A gateway itself takes the credential of a caller, which a job has not.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

from graphql import (
    FieldNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    VariableNode,
    Visitor,
    print_ast,
    visit,
)

from kernel.errors import UnavailableError
from kernel.mesh.plans import KEY, Further, Planner, Step
from kernel.mesh.subgraphs import ROOT, Types

#: Asks a service, as whoever acts; raises what `Mesh.query` does.
Ask = Callable[..., dict[str, Any]]
#: Entities of one question; services take a thousand.
AT_ONCE = 500
#: Another version of a service may have more to say.
KNOWN_SECONDS = 60.0


class JoinedGraph:
    """Answers questions to the graph of some services; `near` are asked first who has a field."""

    def __init__(self, ask: Ask, services: Sequence[str], near: Sequence[str] = ()) -> None:
        self._ask = ask
        self._services = sorted(services, key=lambda one: one not in near)
        self._known: dict[str, tuple[float, Types]] = {}

    def query(self, document: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Return the data of an answer without errors.

        Raises UnreachableError for what no service has, UnavailableError, and what is raised by
        who is asked.
        """
        planner = Planner(document, self._types, self._owner)
        data: dict[str, Any] = {}
        for step in planner.steps():
            told = _printed(planner.operation, step.selections, variables)
            answer = self._ask(step.service, told, **_used(told, variables))
            data |= self._with_further([answer], step.further, planner.operation, variables)[0]
        return data

    def _with_further(
        self,
        objects: list[Any],
        further: Iterable[Further],
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any],
    ) -> list[Any]:
        """Return objects with what others say of those that are in them."""
        whole = [objects]
        for one in further:
            places = list(_places(whole, 0, one.path))
            ids = list(dict.fromkeys(str(holder[at][KEY]) for holder, at in places))
            told = self._entities(one.step, ids, operation, variables)
            for holder, at in places:
                _join(holder, at, told[str(holder[at][KEY])], self._types(one.step.service), one)
        _forget_keys(objects)
        return objects

    def _entities(
        self,
        step: Step,
        ids: Sequence[str],
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any],
    ) -> dict[str, Any]:
        """Return what a service says of entities, by their ids; None of one that is gone."""
        body = " ".join(map(print_ast, step.selections))
        found: list[Any] = []
        for start in range(0, len(ids), AT_ONCE):
            keys = [{"__typename": step.type, "id": one} for one in ids[start : start + AT_ONCE]]
            wanted = (
                f"_entities(representations: $septetKeys) {{ ... on {step.type} {{ {body} }} }}"
            )
            heads = ["$septetKeys: [_Any!]!", *_heads(operation, step.selections)]
            told = f"query({', '.join(heads)}) {{ {wanted} }}"
            given = {**_used(told, variables), "septetKeys": keys}
            found += self._ask(step.service, told, **given)["_entities"]
        there = [one for one in found if one is not None]
        self._with_further(there, step.further, operation, variables)
        return dict(zip(ids, found, strict=True))

    def _types(self, service: str) -> Types:
        now = time.monotonic()
        known = self._known.get(service)
        if known is None or known[0] < now:
            sdl = self._ask(service, "{ _service { sdl } }")["_service"]["sdl"]
            known = self._known[service] = (now + KNOWN_SECONDS, Types.of(sdl))
        return known[1]

    def _owner(self, type_: str, name: str) -> str | None:
        """Return who tells a field; raises UnavailableError when it may be one that is away."""
        if (type_, name) == (ROOT, "__typename"):
            return self._services[0]
        away: UnavailableError | None = None
        for service in self._services:
            try:
                types = self._types(service)
            except UnavailableError as error:
                away = error
                continue
            told = type_ == ROOT or type_ in types.entities
            if told and name in types.fields.get(type_, {}):
                return service
        if away is not None:
            raise away
        return None


def _printed(
    operation: OperationDefinitionNode,
    selections: Sequence[SelectionNode],
    variables: Mapping[str, Any],
) -> str:
    heads = ", ".join(_heads(operation, selections))
    body = " ".join(map(print_ast, selections))
    return f"query{f'({heads})' if heads else ''} {{ {body} }}"


def _heads(operation: OperationDefinitionNode, selections: Sequence[SelectionNode]) -> list[str]:
    """Return the variables of a question that a part of it reads, as it declares them."""
    names = _Names()
    for one in selections:
        visit(one, names)
    declared = operation.variable_definitions or ()
    return [print_ast(one) for one in declared if one.variable.name.value in names.found]


class _Names(Visitor):
    """Gathers the names of variables."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def enter_variable(self, node: VariableNode, *_: Any) -> None:
        self.found.add(node.name.value)


def _used(told: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in variables.items() if f"${name}" in told}


def _places(holder: Any, at: Any, path: Sequence[str]) -> Iterator[tuple[Any, Any]]:
    """Yield where the objects at a path are: in what, and as which key or position of it."""
    found = holder[at]
    if isinstance(found, list):
        for position in range(len(found)):
            yield from _places(found, position, path)
    elif found is not None and path:
        # Not where the question says to skip it.
        if path[0] in found:
            yield from _places(found, path[0], path[1:])
    elif found is not None and KEY in found:
        yield holder, at


def _join(holder: Any, at: Any, told: Any, types: Types, one: Further) -> None:
    """Put into an object what another service says of it."""
    if told is not None:
        _merge(holder[at], deepcopy(told))
        return
    fields = types.fields[one.step.type]
    wanted = dict(_asked(one.step.selections))
    if any(name in fields and fields[name].required for name in wanted.values()):
        # Its owner has no such row: as behind a gateway, the reference is null.
        holder[at] = None
        return
    for key in wanted:
        holder[at].setdefault(key, None)


def _asked(selections: Iterable[SelectionNode]) -> Iterator[tuple[str, str]]:
    """Yield the fields that are asked for: what the answer calls them, and what they are called."""
    for one in selections:
        if isinstance(one, FieldNode):
            name = one.name.value
            yield (one.alias.value if one.alias else name), name
        elif isinstance(one, InlineFragmentNode):
            yield from _asked(one.selection_set.selections)


def _merge(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = value


def _forget_keys(found: Any) -> None:
    """Take out the ids that nobody asked for but this."""
    if isinstance(found, dict):
        found.pop(KEY, None)
        found = list(found.values())
    if isinstance(found, list):
        for one in found:
            _forget_keys(one)
