"""Entities: rows that other subgraphs refer to by key, fetched many at a time."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, ClassVar, TypedDict

import graphene
from django.conf import settings
from graphene_django import DjangoObjectType
from graphql import GraphQLError, GraphQLResolveInfo

from kernel.errors import DomainError, InvalidInputError, LimitExceededError
from kernel.ids import parse_id
from kernel.tenancy.context import current_principal, require


class Key(TypedDict):
    """The key fields of one representation."""

    id: str


class Entity(DjangoObjectType):
    """A row of ours with a raw UUID as its key."""

    class Meta:
        abstract = True

    #: What a credential needs to see rows of this type, whichever way they are reached.
    scope: ClassVar[str]

    id = graphene.ID(required=True)

    @classmethod
    def resolve_references(cls, info: GraphQLResolveInfo, keys: list[Key]) -> list[Any]:
        """Return the rows of these keys in their order, None for each that is not there."""
        found = cls._meta.model.objects.in_bulk([key["id"] for key in keys])
        return [found.get(parse_id(key["id"])) for key in keys]


def resolve_entities(
    entities: Mapping[str, type[Entity]], info: GraphQLResolveInfo, representations: list[Any]
) -> list[Any]:
    """Answer `_entities` (Apollo Federation subgraph specification): one batch for each type.

    The order is kept. A missing row is None; a representation that means nothing is an error at
    its own index, and the others are still answered.
    """
    current_principal()
    limit = settings.GRAPHQL_MAX_REPRESENTATIONS
    if len(representations) > limit:
        raise LimitExceededError(f"at most {limit} representations, found {len(representations)}")

    answers: list[Any] = [None] * len(representations)
    batches: dict[str, list[tuple[int, Key]]] = defaultdict(list)
    for index, representation in enumerate(representations):
        try:
            typename, key = _read(entities, representation)
        except DomainError as error:
            answers[index] = _located(error)
        else:
            batches[typename].append((index, key))

    for typename, batch in batches.items():
        for (index, _), answer in zip(
            batch, _resolve(entities[typename], info, [key for _, key in batch]), strict=True
        ):
            answers[index] = answer
    return answers


def _resolve(entity: type[Entity], info: GraphQLResolveInfo, keys: list[Key]) -> list[Any]:
    try:
        require(entity.scope)
    except DomainError as error:
        return [_located(error)] * len(keys)
    return entity.resolve_references(info, keys)


def _read(entities: Mapping[str, type[Entity]], representation: Any) -> tuple[str, Key]:
    """Return the type and key of a representation; whatever else it holds is ignored."""
    if not isinstance(representation, dict):
        raise InvalidInputError("a representation is an object with __typename and key fields")
    typename = representation.get("__typename")
    if not isinstance(typename, str) or typename not in entities:
        raise InvalidInputError(f"no entity {str(typename)[:40]!r} here")
    return typename, Key(id=str(parse_id(representation.get("id", ""))))


def _located(error: DomainError) -> GraphQLError:
    # graphql-core puts an exception found in a list at that index, with its path.
    return GraphQLError(str(error), original_error=error)
