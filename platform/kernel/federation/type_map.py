"""From graphene classes to a GraphQL schema: entities of other services find their owner here."""

from collections.abc import Iterable, Sequence
from functools import wraps
from typing import Any

import graphene
from graphene.types.schema import TypeMap as GrapheneTypeMap
from graphql import (
    GraphQLDirective,
    GraphQLEnumType,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    default_field_resolver,
    is_non_null_type,
    specified_directives,
)

from kernel.federation.directives import applied
from kernel.federation.entities import Entity
from kernel.federation.fields import columns_of
from kernel.tenancy.context import require

ObjectTypes = Sequence[type[graphene.ObjectType]]


class TypeMap(GrapheneTypeMap):
    """graphene's type map, in which several classes may be parts of one entity.

    The first part, its owner's if the owner is here, stands wherever any of the parts is named;
    the others add the fields that it lacks. So one class of a reference serves a subgraph, where
    it is a stub, and the composed schema, where it is the owner's type.
    """

    def __init__(
        self,
        *,
        query: type[graphene.ObjectType],
        mutation: type[graphene.ObjectType] | None,
        parts: ObjectTypes,
    ) -> None:
        self._parts: dict[str, list[type[graphene.ObjectType]]] = {}
        for part in parts:
            self._parts.setdefault(part._meta.name, []).append(part)
        # These are added, the first of each name, before any field asks for the type of its own.
        super().__init__(query=query, mutation=mutation, types=list(parts))

    def add_type(self, graphene_type: Any) -> Any:
        made = super().add_type(graphene_type)
        if isinstance(made, GraphQLObjectType):
            # A field of an object type has rows of that type, and a union resolves its own.
            made.is_type_of = None
        # GraphQL's own scalars are shared by all schemas, and have no class.
        if hasattr(made, "graphene_type"):
            made.extensions["directives"] = applied(made.graphene_type)
        if isinstance(made, GraphQLEnumType):
            for value in made.values.values():
                value.extensions = {"directives": applied(value.value)}
        return made

    def create_fields_for_type(
        self, graphene_type: Any, is_input_type: bool = False
    ) -> dict[str, Any]:
        fields = self._fields_of(graphene_type, is_input_type)
        for part in self._parts.get(graphene_type._meta.name, ())[1:]:
            for name, field in self._fields_of(part, is_input_type).items():
                fields.setdefault(name, field)
        return fields

    def _fields_of(self, graphene_type: Any, is_input_type: bool) -> dict[str, Any]:
        fields: dict[str, Any] = super().create_fields_for_type(graphene_type, is_input_type)
        # In the order of the class, one for one: none of ours is a Dynamic that yields nothing.
        known = graphene_type._meta.fields
        for made, (name, field) in zip(fields.values(), known.items(), strict=True):
            made.extensions = {
                "directives": applied(field),
                "field": field,
                "name": name,
                "part": graphene_type,
            }
            if issubclass(graphene_type, Entity):
                _guard(made, graphene_type.access().scopes_of(columns_of(name, field)))
            for argument, given in zip(
                getattr(made, "args", {}).values(), getattr(field, "args", {}).values(), strict=True
            ):
                argument.extensions = {"directives": applied(given)}
        return fields


def _guard(made: GraphQLField, scopes: frozenset[str]) -> None:
    """Let a field be read only with these scopes; raises ValueError where it could not be null."""
    made.extensions["scopes"] = scopes
    if not scopes:
        return
    if is_non_null_type(made.type):
        field = made.extensions["name"]
        raise ValueError(f"{field} takes a scope of its own, so it has to be nullable")
    resolve = made.resolve or default_field_resolver

    @wraps(resolve)
    def guarded(row: Any, info: Any, **arguments: Any) -> Any:
        for scope in sorted(scopes):
            require(scope)
        return resolve(row, info, **arguments)

    made.resolve = guarded


def build_schema(
    *,
    query: type[graphene.ObjectType],
    mutation: type[graphene.ObjectType] | None,
    parts: ObjectTypes,
    directives: Iterable[GraphQLDirective] = (),
) -> GraphQLSchema:
    """Return the schema of these classes; `parts` are the entities and what others add to them."""
    type_map = TypeMap(query=query, mutation=mutation, parts=parts)
    owners = {part._meta.name: part for part in parts if issubclass(part, Entity)}
    return GraphQLSchema(
        query=type_map.query,
        mutation=type_map.mutation,
        types=type_map.types,
        directives=[*specified_directives, *directives],
        extensions={"owners": owners},
    )
