"""What callers send about feature flags."""

import graphene

from kernel.federation.mutations import ById, ByIds, ChangeInput


class FeatureFlagFilter(graphene.InputObjectType):
    """Which flags; every part that is given has to fit."""

    keys = graphene.List(graphene.NonNull(graphene.String), description="At most 100.")
    enabled = graphene.Boolean()
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
    enabled = graphene.Boolean(description="False if not said.")


class UpdateFeatureFlagInput(ById):
    """What becomes of a flag; what is not sent stays."""

    description = graphene.String()
    enabled = graphene.Boolean()


class DeleteFeatureFlagInput(ById):
    """The flag to remove."""


class DeleteFeatureFlagsInput(ByIds):
    """The flags to remove."""
