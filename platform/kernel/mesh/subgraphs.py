"""What a service's SDL says of its types, as far as one asks it for a part of a question."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    BooleanValueNode,
    ConstDirectiveNode,
    FieldDefinitionNode,
    NamedTypeNode,
    NonNullTypeNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    parse,
)

ROOT = "Query"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """The type that a field leads to, by its name, and whether it is never null."""

    type: str
    required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Types:
    """The object types of a service by name, each with its fields."""

    fields: Mapping[str, Mapping[str, Field]]
    #: Of those it tells whoever has an id.
    entities: frozenset[str]

    @classmethod
    def of(cls, sdl: str) -> "Types":
        """Read what a service prints; raises GraphQLError."""
        fields: dict[str, dict[str, Field]] = {}
        entities = set()
        for one in parse(sdl, no_location=True).definitions:
            if not isinstance(one, ObjectTypeDefinitionNode | ObjectTypeExtensionNode):
                continue
            name = one.name.value
            fields.setdefault(name, {}).update({f.name.value: _field(f) for f in one.fields})
            if any(_is_key(directive) for directive in one.directives):
                entities.add(name)
        return cls(fields=fields, entities=frozenset(entities))


def _field(node: FieldDefinitionNode) -> Field:
    # A list and what is never null have a type within.
    found: Any = node.type
    while not isinstance(found, NamedTypeNode):
        found = found.type
    return Field(type=found.name.value, required=isinstance(node.type, NonNullTypeNode))


def _is_key(directive: ConstDirectiveNode) -> bool:
    """Say whether it is a key by which the service tells an entity; by all of ours, an id."""
    told = {one.name.value: one.value for one in directive.arguments}
    resolvable = told.get("resolvable")
    return directive.name.value == "key" and not (
        isinstance(resolvable, BooleanValueNode) and not resolvable.value
    )
