"""From the classes of a service to its subgraph, and from subgraphs to one graph."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import graphene
from graphene_federation import ComposableDirective
from graphene_federation.apollo_versions import FederationVersion
from graphql import (
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
)

from kernel.federation.directives import FEDERATION_VERSION, derived
from kernel.federation.entities import Fetchable, Resolvable, keys_of, resolve_entities
from kernel.federation.field_sets import FieldSet, check_field_set, key_of_type, parse_field_set
from kernel.federation.references import KEY_FIELDS, KeyOnly, Part
from kernel.federation.sdl import FEDERATION_FIELDS, print_subgraph
from kernel.federation.type_map import build_schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Subgraph:
    """One service's part of the graph: its own classes, what they make, and how it is printed."""

    service: str
    query: type[graphene.ObjectType]
    mutation: type[graphene.ObjectType] | None
    entities: dict[str, type[Resolvable]]
    contributions: tuple[type[Part], ...]
    schema: GraphQLSchema
    sdl: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RootFields:
    """Fields that the kernel adds to the roots of a service, by their Python names."""

    query: Mapping[str, graphene.Field]
    mutation: Mapping[str, graphene.Field]


def build_subgraph(  # noqa: PLR0913  all but the first by name
    service: str,
    *,
    query: type[graphene.ObjectType],
    mutation: type[graphene.ObjectType] | None = None,
    entities: Sequence[type[Resolvable]],
    contributions: Sequence[type[Part]] = (),
    more: Sequence[RootFields] = (),
    directives: Sequence[ComposableDirective] = (),
    version: FederationVersion = FEDERATION_VERSION,
) -> Subgraph:
    """Build the schema of one service with `_service` and `_entities`.

    Raises ValueError when a field set of a directive names what is not there, or a directive is
    not of this version of the specification.
    """
    for fields in more:
        query = derived(query, "Query", dict(fields.query))
        mutation = derived(mutation or graphene.ObjectType, "Mutation", dict(fields.mutation))
    parts = [*entities, *contributions]
    keys = {part: found for part in parts if (found := keys_of(part))}
    schema = build_schema(
        query=_federated(query, list(keys)),
        # Without the class's own description: composers find seven for one type.
        mutation=derived(mutation, "Mutation", {}) if mutation else None,
        parts=parts,
        directives=directives,
    )
    _check_field_sets(schema)
    sdl = print_subgraph(schema, directives, version)
    _answer_gateways(schema, _fetchable(schema, keys), sdl)
    return Subgraph(
        service=service,
        query=query,
        mutation=mutation,
        entities={entity._meta.name: entity for entity in entities},
        contributions=tuple(contributions),
        schema=schema,
        sdl=sdl,
    )


def compose(subgraphs: Sequence[Subgraph]) -> GraphQLSchema:
    """Return one schema with the fields of all these services, as a gateway would show them.

    Raises ValueError when two of them mean different things by one name.
    """
    _refuse_namesakes(subgraphs)
    queries = tuple(subgraph.query for subgraph in subgraphs)
    mutations = tuple(subgraph.mutation for subgraph in subgraphs if subgraph.mutation)
    owned = [entity for subgraph in subgraphs for entity in subgraph.entities.values()]
    contributed = [part for subgraph in subgraphs for part in subgraph.contributions]
    return build_schema(
        query=type("Query", queries, {}),
        mutation=type("Mutation", mutations, {}) if mutations else None,
        parts=[*owned, *contributed],
    )


class _Any(graphene.Scalar):
    """A representation of an entity."""

    class Meta:
        name = "_Any"


class _Service(graphene.ObjectType):
    """What a gateway has to know of a subgraph."""

    class Meta:
        name = "_Service"

    sdl = graphene.String()


def _federated(
    query: type[graphene.ObjectType], entities: list[type[Resolvable]]
) -> type[graphene.ObjectType]:
    """Return the query type with the two fields that gateways use."""
    fields: dict[str, Any] = {"_service": graphene.Field(_Service, name="_service", required=True)}
    # A representation may name an interface with a key; what it stands for is an object.
    objects = [entity for entity in entities if issubclass(entity, graphene.ObjectType)]
    if objects:
        meta = type("Meta", (), {"name": "_Entity", "types": objects})
        union = type("_Entity", (graphene.Union,), {"Meta": meta})
        fields["_entities"] = graphene.Field(
            graphene.NonNull(graphene.List(union)),
            name="_entities",
            representations=graphene.NonNull(graphene.List(graphene.NonNull(_Any))),
        )
    return derived(query, "Query", fields)


def _fetchable(
    schema: GraphQLSchema, keys: Mapping[type[Resolvable], Sequence[FieldSet]]
) -> dict[str, Fetchable]:
    return {
        entity._meta.name: Fetchable(
            entity, tuple(key_of_type(schema.type_map[entity._meta.name], one) for one in sets)
        )
        for entity, sets in keys.items()
    }


def _answer_gateways(schema: GraphQLSchema, fetchable: dict[str, Fetchable], sdl: str) -> None:
    fields = schema.query_type.fields if schema.query_type else {}
    fields["_service"].resolve = lambda _root, _info: {"sdl": sdl}
    if "_entities" not in fields:
        return
    schema.extensions["fetchable"] = fetchable
    fields["_entities"].resolve = lambda _root, info, representations: resolve_entities(
        fetchable, info, representations
    )
    union = schema.type_map["_Entity"]
    names = {
        getattr(one.entity._meta, "model", one.entity): name for name, one in fetchable.items()
    }
    if isinstance(union, GraphQLUnionType):
        union.resolve_type = lambda row, _info, _union: (
            row.typename if isinstance(row, KeyOnly) else names[type(row)]
        )


def _check_field_sets(schema: GraphQLSchema) -> None:
    for type_ in schema.type_map.values():
        if not isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            continue
        _check(type_, type_.extensions.get("directives", {}).get("key", ()))
        for field in type_.fields.values():
            applied = field.extensions.get("directives", {})
            _check(type_, applied.get("requires", ()))
            _check(get_named_type(field.type), applied.get("provides", ()))


def _check(type_: GraphQLNamedType, marks: Sequence[dict[str, Any]]) -> None:
    for mark in marks:
        check_field_set(type_, parse_field_set(mark["fields"]))


def _refuse_namesakes(subgraphs: Sequence[Subgraph]) -> None:
    # graphene would let one of the two win, without a word.
    owners: dict[str, tuple[str, Any]] = {}
    for subgraph in subgraphs:
        for name, meaning in _meanings(subgraph.schema):
            service, first = owners.setdefault(name, (subgraph.service, meaning))
            if first is not meaning:
                raise ValueError(f"{service} and {subgraph.service} both define {name}")


def _meanings(schema: GraphQLSchema) -> Iterator[tuple[str, Any]]:
    """Yield what each name means: types, and the fields of those that have several parts."""
    for name, type_ in schema.type_map.items():
        made_by = getattr(type_, "graphene_type", None)
        if made_by is None or name.startswith("_"):
            continue
        is_root = name in {"Query", "Mutation"}
        if is_root or issubclass(made_by, Resolvable):
            for field_name, field in getattr(type_, "fields", {}).items():
                if field_name not in KEY_FIELDS | FEDERATION_FIELDS:
                    yield f"{name}.{field_name}", field.extensions["field"]
        if not is_root and not issubclass(made_by, Part):
            yield name, made_by
