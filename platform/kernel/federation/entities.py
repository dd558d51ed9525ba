"""Entities: rows that other subgraphs refer to by key, fetched many at a time."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

import graphene
from django.conf import settings
from django.db.models import QuerySet
from graphene_django import DjangoObjectType
from graphql import GraphQLError, GraphQLResolveInfo

from kernel.errors import DomainError, InvalidInputError, LimitExceededError
from kernel.federation.batches import together
from kernel.federation.directives import applied
from kernel.federation.field_sets import FieldSet, Key, holds, parse_field_set
from kernel.federation.metrics import ENTITIES
from kernel.ids import parse_id
from kernel.masking import describe
from kernel.observability.tracing import span
from kernel.tenancy.access import OPEN, Access
from kernel.tenancy.context import current_principal, require
from kernel.tenancy.models import TenantManager

#: What a gateway sends of an entity: `__typename`, the fields of a key, fields that were required.
Representation = dict[str, Any]


class Resolvable:
    """Mixed into an object type that `_entities` can fetch."""

    _meta: ClassVar[Any]
    #: What a credential needs to see rows of this type, whichever way they are reached.
    scope: ClassVar[str] = ""
    #: A column: rows in which it is not null are for the executor, whose resolvers marked `plain`
    #: show of all others what their columns hold.
    kept_apart: ClassVar[str] = ""

    @classmethod
    def resolve_references(
        cls, info: GraphQLResolveInfo, representations: list[Representation]
    ) -> list[Any]:
        """Return what these stand for in their order, None for each that is not there.

        All of them hold the same key; an item may be a DomainError, which is told at its index.
        """
        raise NotImplementedError


class Entity(Resolvable, DjangoObjectType):
    """A row of ours with a raw UUID as its key."""

    class Meta:
        abstract = True

    @classmethod
    def __init_subclass_with_meta__(cls, **options: Any) -> None:
        super().__init_subclass_with_meta__(**options)
        cls.scope = cls.scope or cls.access().read

    #: Whether rows of it may be found that are in no table: see `elsewhere`.
    keeps_elsewhere: ClassVar[bool] = False

    id = graphene.ID(required=True)
    # graphene-django's own resolver of it would pass for one that somebody wrote.
    resolve_id = None

    @classmethod
    def access(cls) -> Access:
        """Return who may see what of the rows."""
        said: Access = getattr(cls._meta.model, "access", OPEN)
        return said

    @classmethod
    def connection_fields(cls) -> dict[str, graphene.Field]:
        """Return what its connections tell beside the rows; resolvers are given the `Page`."""
        return {}

    @classmethod
    def rows(cls) -> QuerySet[Any]:
        """Return the rows that the current principal may see."""
        return cls.narrowed(cls._meta.model.objects.all())

    @classmethod
    def narrowed(cls, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return those of the rows that pass the row rule."""
        rule = cls.access().rule()
        return rows if rule is None else rows.filter(rule)

    @classmethod
    def elsewhere(cls, _ids: Sequence[UUID]) -> Mapping[UUID, Any]:
        """Return those of these rows that are in no table, as far as they may be seen."""
        return {}

    @classmethod
    def all_of_tenant(cls) -> bool:
        """Say whether the current principal sees every row of the tenant, and no other."""
        managed = type(cls._meta.model.objects) is TenantManager
        # Bound anew to each class; what they are bound to is the same.
        plain = getattr(cls.rows, "__func__", None) is _ROWS
        return managed and plain and cls.access().rule() is None

    @classmethod
    def resolve_references(
        cls, info: GraphQLResolveInfo, representations: list[Representation]
    ) -> list[Any]:
        keys = [key_of(one) for one in representations]
        wanted = [key for key in keys if not isinstance(key, DomainError)]
        found = cls.rows().in_bulk(wanted)
        if cls.keeps_elsewhere:
            found |= cls.elsewhere([key for key in wanted if key not in found])
        return [key if isinstance(key, DomainError) else found.get(key) for key in keys]


_ROWS = getattr(Entity.rows, "__func__", None)


def key_of(representation: Representation) -> Any:
    """Return the UUID of a representation, or the error that says why it is none."""
    try:
        return parse_id(representation["id"])
    except DomainError as error:
        return error


@dataclass(frozen=True, slots=True)
class Fetchable:
    """An entity with the keys by which it can be fetched here."""

    entity: type[Resolvable]
    keys: tuple[Key, ...]


def keys_of(entity: type[Resolvable]) -> tuple[FieldSet, ...]:
    """Return the keys by which an entity can be fetched here."""
    marks = applied(entity).get("key", ())
    return tuple(
        parse_field_set(mark["fields"]) for mark in marks if mark.get("resolvable") is not False
    )


def resolve_entities(
    entities: Mapping[str, Fetchable], info: GraphQLResolveInfo, representations: list[Any]
) -> list[Any]:
    """Answer `_entities` (Apollo Federation subgraph specification).

    One batch is fetched for each type and key.
    The order is kept. A missing row is None; a representation that means nothing is an error at
    its own index, and the others are still answered.
    """
    answers: list[Any] = [None] * len(representations)
    for entity, batch in grouped(entities, representations, answers):
        found = _resolve(entity, info, [representations[index] for index in batch])
        for index, answer in zip(batch, found, strict=True):
            answers[index] = located(answer) if isinstance(answer, DomainError) else answer
    return answers


def grouped(
    entities: Mapping[str, Fetchable], representations: list[Any], answers: list[Any]
) -> list[tuple[type[Resolvable], list[int]]]:
    """Return the indexes of the representations of each type and key.

    The error of one that means nothing is put in its place among the answers. Raises
    UnauthenticatedError, or LimitExceededError.
    """
    current_principal()
    limit = settings.GRAPHQL_MAX_REPRESENTATIONS
    if len(representations) > limit:
        raise LimitExceededError(f"at most {limit} representations, found {len(representations)}")
    batches: dict[tuple[type[Resolvable], int], list[int]] = defaultdict(list)
    for index, representation in enumerate(representations):
        try:
            batches[_read(entities, representation)].append(index)
        except DomainError as error:
            answers[index] = located(error)
    for (entity, _), indexes in batches.items():
        ENTITIES.labels(entity._meta.name).observe(len(indexes))
    return [(entity, indexes) for (entity, _), indexes in batches.items()]


def _resolve(
    entity: type[Resolvable], info: GraphQLResolveInfo, representations: list[Representation]
) -> list[Any]:
    try:
        if entity.scope:
            require(entity.scope)
        count = {"septet.entities": len(representations)}
        with span(f"entities {entity._meta.name}", attributes=count):
            found = entity.resolve_references(info, representations)
    except DomainError as error:
        return [error] * len(representations)
    except Exception as error:  # noqa: BLE001  the other types of the request are still answered
        # Told to the log once, not for each of a thousand.
        _, message = describe(error)
        return [DomainError(message)] * len(representations)
    together([row for row in found if row is not None and not isinstance(row, DomainError)])
    return found


def _read(entities: Mapping[str, Fetchable], representation: Any) -> tuple[type[Resolvable], int]:
    """Return the type of a representation, and which of its keys it holds."""
    if not isinstance(representation, dict):
        raise InvalidInputError("a representation is an object with __typename and key fields")
    typename = representation.get("__typename")
    found = entities.get(typename) if isinstance(typename, str) else None
    if found is None:
        raise InvalidInputError(f"no entity {str(typename)[:40]!r} here")
    for number, key in enumerate(found.keys):
        if holds(representation, key):
            return found.entity, number
    raise InvalidInputError(f"a representation of {typename} without the values of a key")


def located(error: DomainError) -> GraphQLError:
    """Return what graphql-core tells at the index of a list where it finds it."""
    return GraphQLError(str(error), original_error=error)
