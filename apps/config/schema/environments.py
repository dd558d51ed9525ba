"""Environments through the graph."""

import graphene

from apps.config.models import Environment
from apps.config.services.environments import (
    create_environment,
    delete_environment,
    update_environment,
)
from kernel.federation.directives import key
from kernel.federation.entities import Entity
from kernel.federation.fields import Many, One
from kernel.federation.mutations import ById, ChangeInput, Create, Delete, Update


@key("id")
class EnvironmentType(Entity):
    """One place with flags and configuration of its own, such as production."""

    class Meta:
        model = Environment
        name = "Environment"
        fields = (
            "id",
            "key",
            "name",
            "approvals_required",
            "position",
            "created_at",
        )

    revision = graphene.BigInt(required=True)


class EnvironmentOrder(graphene.Enum):
    """In which order environments are listed."""

    POSITION = ("position", "id")
    KEY = ("key", "id")


class EnvironmentFilter(graphene.InputObjectType):
    """Which environments."""

    keys = graphene.List(graphene.NonNull(graphene.String), description="At most 100.")


_APPROVALS = "How many others have to approve of a change; 0 publishes at once. At most 10."


class CreateEnvironmentInput(ChangeInput):
    """An environment to be."""

    key = graphene.String(required=True, description="What programs name; one has it.")
    name = graphene.String(description="The key if not said.")
    approvals_required = graphene.Int(description=_APPROVALS)
    position = graphene.Int(description="Behind the others if not said.")


class UpdateEnvironmentInput(ById):
    """What becomes of an environment; what is not sent stays."""

    name = graphene.String()
    approvals_required = graphene.Int(description=_APPROVALS)
    position = graphene.Int(description="The first is meant where none is named.")


class DeleteEnvironmentInput(ById):
    """The environment to remove, with its keys and all history of flags in it."""


class EnvironmentChanges:
    """Changes of environments."""

    create_environment = Create(
        EnvironmentType,
        input=CreateEnvironmentInput,
        by=create_environment,
        description="Make an environment; CONFLICT when its key is taken.",
    )
    update_environment = Update(
        EnvironmentType,
        input=UpdateEnvironmentInput,
        by=update_environment,
        description="Describe an environment anew.",
    )
    delete_environment = Delete(
        EnvironmentType,
        input=DeleteEnvironmentInput,
        by=delete_environment,
        description="Remove an environment, with its keys and all history of flags in it.",
    )


class Environments:
    """Reads of environments."""

    environment = One(EnvironmentType)
    environments = Many(
        EnvironmentType,
        filter=EnvironmentFilter,
        lookups={"keys": "key__in"},
        order=EnvironmentOrder,
    )
