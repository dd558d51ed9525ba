"""Mutations of one shape: one `input`, and in the answer the entity or a coded error."""

from typing import Any, ClassVar

import graphene

from kernel.errors import DomainError, ForbiddenError, UnauthenticatedError
from kernel.federation.directives import shareable
from kernel.tenancy.context import require


@shareable
class MutationError(graphene.ObjectType):
    """Why nothing was changed."""

    code = graphene.String(required=True, description="Stable; see the table of error codes.")
    message = graphene.String(required=True)

    @classmethod
    def of(cls, error: DomainError) -> "MutationError":
        return cls(code=error.code, message=str(error))


class Change(graphene.Mutation):
    """A change that either happens or says why not.

    A subclass names its scope, its `Arguments.input` and its result fields, and does the work in
    `perform`, which returns those fields or raises a DomainError.
    """

    class Meta:
        abstract = True

    scope: ClassVar[str]

    @classmethod
    def __init_subclass_with_meta__(cls, **options: Any) -> None:
        options.setdefault("name", f"{cls.__name__}Payload")
        super().__init_subclass_with_meta__(**options)

    @classmethod
    def perform(cls, **data: Any) -> dict[str, Any]:
        """Do it and return the result fields; `data` is the input."""
        raise NotImplementedError

    @classmethod
    def mutate(cls, _root: Any, _info: Any, input: dict[str, Any]) -> "Change":  # noqa: A002  the argument's name is part of the API
        require(cls.scope)
        try:
            return cls(**cls.perform(**input))
        except (UnauthenticatedError, ForbiddenError):
            raise
        except DomainError as error:
            return cls(error=MutationError.of(error))
