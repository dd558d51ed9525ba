"""What may be asked of feature flags."""

import graphene

from apps.config.schema.types import FeatureFlagType
from kernel.federation.fields import Many, One


class Query(graphene.ObjectType):
    """Reads of feature flags."""

    feature_flag = One(FeatureFlagType)
    feature_flags = Many(FeatureFlagType, description="The newest first.")
