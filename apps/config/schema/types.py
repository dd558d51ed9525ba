"""The feature flag as the graph shows it."""

from apps.config.models import FeatureFlag
from kernel.federation.directives import key
from kernel.federation.entities import Entity


@key("id")
class FeatureFlagType(Entity):
    """A switch that programs ask for by its key."""

    class Meta:
        model = FeatureFlag
        name = "FeatureFlag"
        fields = ("id", "key", "description", "enabled", "created_at")
