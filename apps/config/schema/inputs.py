"""What callers send about feature flags."""

import graphene

from apps.config.schema.types import FlagTypeEnum
from kernel.federation.mutations import ById, ByIds, ChangeInput


class FeatureFlagFilter(graphene.InputObjectType):
    """Which flags; every part that is given has to fit."""

    keys = graphene.List(graphene.NonNull(graphene.String), description="At most 100.")
    text = graphene.String(description="Part of the key or the description.")
    type = FlagTypeEnum()
    owner = graphene.String()
    tag = graphene.String()
    client_visible = graphene.Boolean()
    archived = graphene.Boolean()
    created_from = graphene.DateTime(description="This moment or later.")
    created_before = graphene.DateTime()


class FeatureFlagOrder(graphene.Enum):
    """In which order flags are listed."""

    NEWEST_FIRST = ("-created_at", "-id")
    OLDEST_FIRST = ("created_at", "id")
    KEY = ("key", "id")


class CreateFeatureFlagInput(ChangeInput):
    """A switch to be."""

    key = graphene.String(required=True, description="What programs ask for; one flag has it.")
    description = graphene.String()
    owner = graphene.String(description="Who is asked about it: a person or a team.")
    tags = graphene.List(graphene.NonNull(graphene.String))
    client_visible = graphene.Boolean(
        description="Whether client keys see its values; false if not said."
    )


class UpdateFeatureFlagInput(ById):
    """What becomes of a flag; what is not sent stays."""

    description = graphene.String()
    owner = graphene.String()
    tags = graphene.List(graphene.NonNull(graphene.String))
    client_visible = graphene.Boolean()


class DeleteFeatureFlagInput(ById):
    """The flag to remove."""


class DeleteFeatureFlagsInput(ByIds):
    """The flags to remove."""
