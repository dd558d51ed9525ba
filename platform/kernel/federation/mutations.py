"""Mutations of one shape: one `input`, and in the answer the entity or a coded error."""

from collections.abc import Callable
from typing import Any, ClassVar

import graphene
from graphene.utils.str_converters import to_snake_case
from graphql import GraphQLResolveInfo

from kernel.errors import DomainError, ForbiddenError, InvalidInputError, UnauthenticatedError
from kernel.federation.batches import together
from kernel.federation.directives import shared_as
from kernel.federation.entities import Entity
from kernel.federation.outcomes import MutationError, shown, stored
from kernel.idempotency.services import once
from kernel.tenancy.context import require


class ChangeInput(graphene.InputObjectType):
    """What every change may be sent; the inputs of changes are made of it."""

    idempotency_key = graphene.String(
        description="Sent again with the same key, it is done once and answered the same."
    )


class ById(ChangeInput):
    """Names the row that is meant; the inputs of changes are made of it."""

    id = graphene.ID(required=True)


class ByIds(ChangeInput):
    """Names the rows that are meant, in one call at most 100."""

    ids = graphene.List(graphene.NonNull(graphene.ID), required=True, description="At most 100.")


class Change(graphene.Field):
    """A root field that either changes a row or says why not.

    `by` does it: it is given what was sent of the input, and nothing for what was not sent; it
    returns the row, or raises a DomainError. It takes `scope`, or what writes where the entity's
    scope reads. With an idempotency key it is done once, in a transaction with the key, so what
    asks another service belongs into a job.
    """

    #: It leaves no row to read when it is answered again, so what it removed is kept with the key.
    removes: ClassVar[bool] = False

    def __init__(
        self,
        entity: type[Entity],
        *,
        input: type[ChangeInput],  # noqa: A002  the argument's name is part of the API
        by: Callable[..., Any],
        scope: str = "",
        **options: Any,
    ) -> None:
        self.entity = entity
        self.scope = scope or entity.scope.replace(":read", ":write")
        self.by = by
        #: The name of the entity among the fields of the answer.
        self.member = to_snake_case(entity._meta.name)
        super().__init__(
            self._payload_type(f"{input._meta.name.removesuffix('Input')}Payload"),
            required=True,
            input=input(required=True),
            **options,
        )

    def _payload_type(self, name: str) -> type[graphene.ObjectType]:
        made = _payload_types.get((name, self.entity))
        if made is None:
            fields = {
                "__doc__": "What was changed, or why nothing was.",
                **self.results(),
                "error": graphene.Field(MutationError),
            }
            made = shared_as(self.entity, type(name, (graphene.ObjectType,), fields))
            _payload_types[name, self.entity] = made
        return made

    def results(self) -> dict[str, Any]:
        """Return the fields of the answer beside the error."""
        return {self.member: graphene.Field(self.entity)}

    def done(self, made: Any) -> dict[str, Any]:
        """Return the values of these fields for what `by` returned."""
        return {self.member: made}

    def kept(self, answer: dict[str, Any]) -> dict[str, Any]:
        """Return of these values what may be stored with an idempotency key, to be told again."""
        return answer

    def wrap_resolve(self, _parent_resolver: Any) -> Callable[..., Any]:
        return lambda _root, info, **arguments: self.answer(arguments["input"], info)

    def answer(self, sent: dict[str, Any], info: GraphQLResolveInfo) -> dict[str, Any]:
        """Do it and tell what became of it; raises when the credential does not reach this far."""
        require(self.scope)
        try:
            key, wanted = self.keyed(sent, info.context.idempotency_key)
            if key is None:
                return self.done(self.by(**wanted))
            return self._once(key, wanted, info)
        except (UnauthenticatedError, ForbiddenError):
            raise
        except DomainError as error:
            return {"error": MutationError.of(error)}

    def keyed(
        self, sent: dict[str, Any], of_request: str | None
    ) -> tuple[str | None, dict[str, Any]]:
        """Return the key of a change, from its input or the request, and the rest of its input."""
        key = sent.get("idempotency_key")
        if None not in (key, of_request) and key != of_request:
            raise InvalidInputError("the header Idempotency-Key and the input name different keys")
        rest = {name: value for name, value in sent.items() if name != "idempotency_key"}
        return key if key is not None else of_request, rest

    def _once(self, key: str, sent: dict[str, Any], info: GraphQLResolveInfo) -> dict[str, Any]:
        answers: list[dict[str, Any]] = []

        def work() -> Any:
            answers.append(self.done(self.by(**sent)))
            return stored(self.kept(answers[0]), keeps_rows=self.removes)

        done = once(key, info.field_name, sent, work)
        if done.replayed:
            info.context.replayed.append(str(info.path.key))
        result = done.result()
        return shown(result, self.entity) if done.replayed else answers[0]


class Create(Change):
    """Makes a row."""


class Update(Change):
    """Changes a row: its columns, or where it stands."""


class Delete(Change):
    """Removes a row, and shows it as it was."""

    removes = True


class Bulk(Change):
    """A change of many rows at once, some of which may fail while the others succeed.

    `by` returns for each item, in their order, the row or a DomainError.
    """

    def results(self) -> dict[str, Any]:
        return {
            "outcomes": graphene.List(
                graphene.NonNull(self.outcome_type()),
                description="One for each item, in their order.",
            )
        }

    def done(self, made: Any) -> dict[str, Any]:
        outcomes = [self.outcome(one) for one in made]
        together([one[self.member] for one in outcomes if one.get(self.member) is not None])
        return {"outcomes": outcomes}

    def outcome_type(self) -> type[graphene.ObjectType]:
        """Return the type that tells what became of one item."""
        return _outcome_type(self.entity)

    def outcome(self, one: Any) -> dict[str, Any]:
        """Return the values of its fields for one of what `by` returned."""
        if isinstance(one, DomainError):
            return {"error": MutationError.of(one)}
        return {self.member: one}


class BulkDelete(Bulk):
    """Removes many rows, and shows them as they were."""

    removes = True


#: One for each entity: graphene takes two classes of one name for two types.
_payload_types: dict[tuple[str, type[Entity]], type[graphene.ObjectType]] = {}
_outcome_types: dict[str, type[graphene.ObjectType]] = {}


def _outcome_type(entity: type[Entity]) -> type[graphene.ObjectType]:
    name = entity._meta.name
    if name not in _outcome_types:
        fields = {
            "__doc__": "What became of one item of many.",
            to_snake_case(name): graphene.Field(entity),
            "error": graphene.Field(MutationError),
        }
        made = type(f"{name}Outcome", (graphene.ObjectType,), fields)
        _outcome_types[name] = shared_as(entity, made)
    return _outcome_types[name]
