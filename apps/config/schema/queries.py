"""What may be asked of feature flags."""

import graphene

from apps.config.schema.inputs import FeatureFlagFilter, FeatureFlagOrder
from apps.config.schema.types import FeatureFlagType
from apps.config.selectors import LOOKUPS
from kernel.federation.fields import Many, One


class Query(graphene.ObjectType):
    """Reads of feature flags."""

    feature_flag = One(FeatureFlagType)
    feature_flags = Many(
        FeatureFlagType,
        filter=FeatureFlagFilter,
        lookups=LOOKUPS,
        order=FeatureFlagOrder,
    )
