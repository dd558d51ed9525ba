"""Entities of other services: named by key, extended by fields of ours, never read by us.

A subgraph shows a stub of them. In the composed schema the owner's type stands in its place, and
answers what a gateway would fetch from the owner.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any

import graphene
from graphene import NonNull
from graphql import (
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    get_named_type,
    is_non_null_type,
)
from graphql.execution.collect_fields import collect_sub_fields

from kernel.errors import DomainError
from kernel.federation.batches import load_for, together
from kernel.federation.directives import key
from kernel.federation.entities import Entity, Representation, Resolvable, key_of, located
from kernel.tenancy.context import require

#: What of an entity is known without its owner.
KEY_FIELDS = frozenset({"id", "__typename"})


class KeyOnly:
    """An entity of another service of which nothing but its key is known here."""

    def __init__(self, typename: str, id: str) -> None:  # noqa: A002  the key's name in the graph
        self.typename = typename
        self.id = id

    def __getattr__(self, name: str) -> None:
        # What its owner does not tell is null, as it is behind a gateway.
        if name.startswith("_"):
            raise AttributeError(name)


class Part(Resolvable, graphene.ObjectType):
    """What one service says of an entity that another owns."""

    class Meta:
        abstract = True

    id = graphene.ID(required=True)

    @classmethod
    def resolve_references(
        cls, info: GraphQLResolveInfo, representations: list[Representation]
    ) -> list[Any]:
        # Whether there is such a row is its owner's to say.
        keys = [key_of(one) for one in representations]
        return [
            one if isinstance(one, DomainError) else KeyOnly(cls._meta.name, str(one))
            for one in keys
        ]


@cache
def stub(typename: str) -> type[Part]:
    """Return the type that stands for an entity of another service: its key, and nothing else."""
    return key("id", resolvable=False)(_part(typename, {}))


def contribution(typename: str, **fields: graphene.Field) -> type[Part]:
    """Return the type that adds fields to an entity of another service.

    Their resolvers may read the key only. Raises ValueError for one that may not be null: while
    this service is away, it would take the owner's row out of the answer.
    """
    if never_null := [name for name, one in fields.items() if isinstance(one.type, NonNull)]:
        raise ValueError(f"{typename}.{never_null[0]} may not be null, though its service be away")
    return key("id")(_part(typename, fields))


def _part(typename: str, fields: dict[str, graphene.Field]) -> type[Part]:
    meta = type("Meta", (), {"name": typename})
    made: type[Part] = type(typename, (Part,), {"Meta": meta, **fields})
    return made


class Reference(graphene.Field):
    """A field that names an entity of another service by the id in a column of ours.

    Null where the column is, and where the owner has no such row though it was asked for one of
    its non-null fields. Nothing but the key selected, the owner is not consulted.
    """

    def __init__(self, typename: str, *, column: str, **options: Any) -> None:
        super().__init__(self.type_of(typename), **options)
        self.typename = typename
        self.column = column

    @staticmethod
    def type_of(typename: str) -> Any:
        """Return the graphene type of the field."""
        return stub(typename)

    def wrap_resolve(self, _parent_resolver: Any) -> Any:
        return self.resolve

    def resolve(self, row: Any, info: GraphQLResolveInfo) -> Any:
        """Answer for one row, out of what was fetched for all of its list."""
        value = getattr(row, self.column)
        if not self.ids(value):
            # Whoever names nobody hears of no failure either.
            return self.pick(value, {})
        found = load_for(row, info, self._ids, lambda ids: self._fetch(ids, info))
        return self.pick(value, found)

    @staticmethod
    def ids(value: Any) -> list[str]:
        """Return the ids that the value of the column names."""
        return [] if value is None else [str(value)]

    def pick(self, value: Any, found: dict[Any, Any]) -> Any:
        """Return what the field shows for this value of the column."""
        return None if value is None else found.get(str(value))

    def _ids(self, row: Any) -> list[str]:
        return self.ids(getattr(row, self.column))

    def _fetch(self, ids: list[str], info: GraphQLResolveInfo) -> dict[Any, Any]:
        type_ = get_named_type(info.return_type)
        if not isinstance(type_, GraphQLObjectType):
            raise TypeError(f"{type_} is no entity")
        selected = collect_sub_fields(
            info.schema, info.fragments, info.variable_values, type_, info.field_nodes
        )
        # By the names of the fields: an alias is no field of the type.
        names = {nodes[0].name.value for nodes in selected.values()}
        owner, strict = consulted(info.schema, type_, names)
        # In bulk, which splits what is too long a list for the database.
        found = owner.rows().in_bulk(ids) if owner else {}
        known = {str(id_): row for id_, row in found.items()}
        rows = {
            one: known.get(one) or (None if strict else KeyOnly(self.typename, one)) for one in ids
        }
        together([row for row in rows.values() if row is not None])
        return rows


class References(Reference):
    """A list of entities of another service by the ids in a column; one that is gone is null."""

    @staticmethod
    def type_of(typename: str) -> Any:
        return graphene.NonNull(graphene.List(stub(typename)))

    @staticmethod
    def ids(value: Any) -> list[str]:
        return [str(one) for one in value]

    def pick(self, value: Any, found: dict[Any, Any]) -> Any:
        return [found.get(str(one)) for one in value]

    def resolve(self, row: Any, info: GraphQLResolveInfo) -> Any:
        try:
            return super().resolve(row, info)
        except DomainError as error:
            # As behind a gateway, which has the list from us and the failure from the owner.
            return [located(error) for _ in self._ids(row)]


def consulted(
    schema: GraphQLSchema, type_: GraphQLObjectType, names: Iterable[str]
) -> tuple[type[Entity] | None, bool]:
    """Return the owner of an entity if these fields of it need the owner.

    The second part says whether one of them is non-null, so that a row that is gone makes its
    place null. Raises ForbiddenError when the owner must be asked and may not be.
    """
    owner = schema.extensions["owners"].get(type_.name)
    own = [
        type_.fields[name].type
        for name in names
        if name not in KEY_FIELDS and type_.fields[name].extensions["part"] is owner
    ]
    if owner is None or not own:
        return None, False
    require(owner.scope)
    return owner, any(map(is_non_null_type, own))
