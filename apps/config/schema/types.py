"""The feature flag as the graph shows it."""

import graphene

from apps.config.models import FeatureFlag, FlagType
from kernel.federation.directives import key
from kernel.federation.entities import Entity

FlagTypeEnum = graphene.Enum.from_enum(
    FlagType, name="FeatureFlagValueType", description="What the values of a flag are."
)


@key("id")
class FeatureFlagType(Entity):
    """A switch that programs ask for by its key."""

    class Meta:
        model = FeatureFlag
        name = "FeatureFlag"
        fields = (
            "id",
            "key",
            "description",
            "owner",
            "client_visible",
            "archived_at",
            "created_at",
        )

    type = FlagTypeEnum(description="That of its first definition; null before there is one.")
    tags = graphene.List(graphene.NonNull(graphene.String), required=True)
