"""GraphQL documents made up by Hypothesis: valid ones, over all that a schema offers."""

import json
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
)
from hypothesis import strategies as st

from kernel.services import BY_NAME
from tests.access import of_config, of_documents

DEEPEST = 6
STRANGE_IDS = ["0190b5a0-0000-7000-8000-000000000000", "x"]
#: How people page: most often not at all, now and then in two directions at once.
PAGINGS = [(), ("first",), ("first", "after"), ("last",), ("last", "before"), ("first", "last")]
PAGING = {"first", "after", "last", "before"}
#: Fields of the root that tests of other things cover.
LEFT_OUT = frozenset(
    {"_service"}
    | {f"{name}{what}" for name in BY_NAME for what in ("ConsumerGroups", "DeadLetters")}
    | {"auditCheckpoint", "auditConsistencyProof", "auditLogProof", "auditTile"}
    | {"auditVerifierKeys"}
    | {name for name, _, _ in of_config.QUESTIONS}
    | {name for name, _, _ in of_documents.ASKED}
)


@dataclass(frozen=True, slots=True)
class Material:
    """What arguments are made of: ids and cursors that exist, and words that occur."""

    ids: dict[str, list[str]]
    cursors: list[str]
    words: list[str]


@dataclass(frozen=True, slots=True)
class Operation:
    """A document and its variables."""

    text: str
    variables: dict[str, Any]


def operations(schema: GraphQLSchema, material: Material) -> st.SearchStrategy[Operation]:
    """Return a strategy of queries; all of them are valid, few of them are sensible."""
    return st.composite(lambda draw: _Author(schema, material, draw).operation())()


@dataclass(slots=True)
class _Author:
    schema: GraphQLSchema
    material: Material
    draw: Any
    declared: list[str] = field(default_factory=list)
    variables: dict[str, Any] = field(default_factory=dict)
    fragments: list[str] = field(default_factory=list)

    def operation(self) -> Operation:
        query = self.schema.query_type
        assert query
        names = [name for name in query.fields if name not in LEFT_OUT]
        body = self._selection(query, 0, self._some(names, least=1, most=2))
        declared = f"({', '.join(self.declared)})" if self.declared else ""
        text = "\n".join([f"query Made{declared} {body}", *self.fragments])
        return Operation(text, self.variables)

    def _selection(
        self, type_: GraphQLObjectType, depth: int, names: list[str] | None = None
    ) -> str:
        names = self._some(list(type_.fields), least=1, most=5) if names is None else names
        parts = [self._field(type_, name, depth) for name in names]
        if self._now_and_then():
            parts.append(f"typename{len(self.fragments)}: __typename")
        if self._now_and_then():
            parts = [self._fragment(type_, "\n".join(parts))]
        return "{ " + "\n".join(parts) + " }"

    def _fragment(self, type_: GraphQLObjectType, body: str) -> str:
        if self.draw(st.booleans()):
            return f"... on {type_.name}{self._directive()} {{ {body} }}"
        name = f"Part{len(self.fragments)}"
        self.fragments.append(f"fragment {name} on {type_.name} {{ {body} }}")
        return f"...{name}{self._directive()}"

    def _field(self, type_: GraphQLObjectType, name: str, depth: int) -> str:
        definition = type_.fields[name]
        alias = f"a{self.draw(st.integers(0, 99))}_{name}: " if self._now_and_then() else ""
        shown = get_named_type(definition.type)
        arguments = self._arguments(definition.args, shown.name)
        below = self._below(shown, depth + 1)
        return f"{alias}{name}{arguments}{self._directive()}{below}"

    def _below(self, type_: Any, depth: int) -> str:
        if is_leaf_type(type_):
            return ""
        if depth >= DEEPEST:
            return " { __typename }"
        if isinstance(type_, GraphQLUnionType):
            parts = [
                f"... on {one.name} {self._selection(one, depth)}"
                for one in self._some(list(type_.types), least=1, most=3)
            ]
            return " { " + " ".join(["__typename", *parts]) + " }"
        return " " + self._selection(type_, depth)

    def _directive(self) -> str:
        if not self._now_and_then():
            return ""
        name = self.draw(st.sampled_from(["skip", "include"]))
        value = self.draw(st.booleans())
        shown = self._variable("Boolean!", value) if self.draw(st.booleans()) else _literal(value)
        return f" @{name}(if: {shown})"

    # Arguments

    def _arguments(self, arguments: dict[str, GraphQLArgument], shown_type: str) -> str:
        given = []
        paging = self.draw(st.sampled_from(PAGINGS))
        for name, argument in arguments.items():
            needed = isinstance(argument.type, GraphQLNonNull)
            wanted = name in paging if name in PAGING else self._now_and_then()
            if not needed and not wanted:
                continue
            value = self._id(shown_type) if name == "id" else self._value(name, argument.type)
            shown = (
                self._variable(str(argument.type), value)
                if self.draw(st.booleans())
                else _literal(value)
            )
            given.append(f"{name}: {shown}")
        return f"({', '.join(given)})" if given else ""

    def _variable(self, type_: str, value: Any) -> str:
        name = f"v{len(self.declared)}"
        self.declared.append(f"${name}: {type_}")
        self.variables[name] = _plain(value)
        return f"${name}"

    def _value(self, name: str, type_: Any) -> Any:
        if isinstance(type_, GraphQLNonNull):
            return self._value(name, type_.of_type)
        if isinstance(type_, GraphQLList):
            most = 6 if name == "representations" else 2
            return [
                self._value(name, type_.of_type) for _ in range(self.draw(st.integers(0, most)))
            ]
        if isinstance(type_, GraphQLEnumType):
            return _Name(self.draw(st.sampled_from(list(type_.values))))
        if isinstance(type_, GraphQLInputObjectType):
            return {
                key: self._value(key, one.type)
                for key, one in type_.fields.items()
                if isinstance(one.type, GraphQLNonNull) or self._now_and_then()
            }
        if type_.name == "_Any":
            return self._representation()
        return self.draw(self._leaf(name, type_.name))

    def _id(self, typename: str) -> str:
        known = self.material.ids.get(typename, [])
        found: str = self.draw(st.sampled_from([*known * 4, *STRANGE_IDS]))
        return found

    def _representation(self) -> dict[str, str]:
        here = [name for name in self.material.ids if name in self.schema.type_map]
        typename = self.draw(st.sampled_from([*here * 4, *self.material.ids, "Nothing"]))
        return {"__typename": typename, "id": self._id(typename)}

    def _leaf(self, name: str, typename: str) -> st.SearchStrategy[Any]:
        if name in {"after", "before"}:
            return st.sampled_from([*self.material.cursors, "nonsense"])
        if typename == "ID":
            known = [one for ids in self.material.ids.values() for one in ids[:2]]
            return st.sampled_from([*known, *STRANGE_IDS])
        if typename == "Int":
            return st.sampled_from([2, 1, 3, 5, 100, 0])
        if typename == "DateTime":
            return st.sampled_from(["2024-05-01T12:00:00Z", "2026-01-01T00:00:00+02:00"])
        if typename == "Boolean":
            return st.booleans()
        return st.sampled_from([*self.material.words, *STRANGE_IDS])

    def _some(self, items: list[Any], *, least: int, most: int) -> list[Any]:
        chosen = st.lists(st.sampled_from(items), min_size=least, max_size=most, unique_by=str)
        found: list[Any] = self.draw(chosen)
        return found

    def _now_and_then(self) -> bool:
        return bool(self.draw(st.integers(0, 4)) == 4)


class _Name(str):
    """The name of an enum value, which a document shows without quotes."""

    __slots__ = ()


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value))


def _literal(value: Any) -> str:
    if isinstance(value, _Name):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_literal(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_literal, value)) + "]"
    return json.dumps(value)
