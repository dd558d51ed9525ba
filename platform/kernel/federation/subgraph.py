"""From a service's Query, Mutation and entities to its subgraph.

graphene-federation 3.3 defines the directives and prints the SDL; what it gets wrong at run time
is replaced on the schema it built.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import graphene
from graphene_federation import build_schema
from graphql import (
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    value_from_ast_untyped,
)

from kernel.federation.directives import FEDERATION_VERSION
from kernel.federation.entities import Entity, resolve_entities
from kernel.federation.pages import PageInfo


@dataclass(frozen=True, slots=True)
class _Service:
    """What `_service` answers."""

    sdl: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subgraph:
    """One service's part of the graph: its own classes, what they make, and how it is printed."""

    service: str
    query: type[graphene.ObjectType]
    mutation: type[graphene.ObjectType] | None
    entities: dict[str, type[Entity]]
    schema: GraphQLSchema
    sdl: str


def build_subgraph(
    service: str,
    *,
    query: type[graphene.ObjectType],
    mutation: type[graphene.ObjectType] | None = None,
    entities: Sequence[type[Entity]],
) -> Subgraph:
    """Build the schema of one service with `_service` and `_entities` in working order."""
    _forget_shared_mark(PageInfo)
    built = build_schema(
        query=query,
        mutation=mutation,
        types=list(entities),
        federation_version=FEDERATION_VERSION,
    )
    by_name = {entity._meta.name: entity for entity in entities}
    schema: GraphQLSchema = built.graphql_schema
    sdl = _without_leaked_types(str(built))
    _repair(schema, by_name, sdl)
    return Subgraph(
        service=service, query=query, mutation=mutation, entities=by_name, schema=schema, sdl=sdl
    )


def _forget_shared_mark(page_info: type[graphene.ObjectType]) -> None:
    # The library marks PageInfo @shareable at each build and fails on finding its own mark.
    if "_directive_shareable_non_field" in vars(page_info):
        del page_info._directive_shareable_non_field


def _without_leaked_types(sdl: str) -> str:
    # The library prints scalars of its own without importing them: they would be part of our API.
    leaked = r'(?:"""[^"]*"""\n)?scalar (?:FieldSet|federation__\w+)\n*'
    return re.sub(leaked, "", sdl).strip() + "\n"


def _repair(schema: GraphQLSchema, entities: dict[str, type[Entity]], sdl: str) -> None:
    fields = schema.query_type.fields if schema.query_type else {}
    fields["_service"].resolve = lambda _root, _info: _Service(sdl)
    fields["_entities"].resolve = lambda _root, info, representations: resolve_entities(
        entities, info, representations
    )

    # The library reads representations given as variables only, not those in the document.
    anything = schema.type_map["_Any"]
    if isinstance(anything, GraphQLScalarType):
        anything.parse_value = lambda value: value  # type: ignore[method-assign]
        anything.parse_literal = value_from_ast_untyped  # type: ignore[method-assign, assignment]

    union = schema.type_map["_Entity"]
    names: dict[type[Any], str] = {entity._meta.model: name for name, entity in entities.items()}
    if isinstance(union, GraphQLUnionType):
        union.resolve_type = lambda row, _info, _union: names[type(row)]


def compose(subgraphs: Sequence[Subgraph]) -> GraphQLSchema:
    """Return one schema with the fields of all these services, as a gateway would show them.

    Raises ValueError when two of them mean different things by one name.
    """
    _refuse_namesakes(subgraphs)
    queries = tuple(subgraph.query for subgraph in subgraphs)
    mutations = tuple(subgraph.mutation for subgraph in subgraphs if subgraph.mutation)
    built = graphene.Schema(
        query=type("Query", queries, {}),
        mutation=type("Mutation", mutations, {}) if mutations else None,
        types=[entity for subgraph in subgraphs for entity in subgraph.entities.values()],
    )
    schema: GraphQLSchema = built.graphql_schema
    return schema


def _refuse_namesakes(subgraphs: Sequence[Subgraph]) -> None:
    # graphene would let one of the two win, without a word.
    owners: dict[str, tuple[str, Any]] = {}
    for subgraph in subgraphs:
        for name, type_ in subgraph.schema.type_map.items():
            made_by = getattr(type_, "graphene_type", None)
            if made_by is None or name.startswith("_") or name in {"Query", "Mutation"}:
                continue
            service, first = owners.setdefault(name, (subgraph.service, made_by))
            if first is not made_by:
                raise ValueError(f"{service} and {subgraph.service} both define {name}")
