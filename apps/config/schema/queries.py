"""What may be asked of feature flags."""

import graphene

from apps.config.schema.configurations import ConfigurationReads
from apps.config.schema.deployments import Deployments
from apps.config.schema.environments import Environments
from apps.config.schema.exchange import Exchange
from apps.config.schema.inputs import FeatureFlagFilter, FeatureFlagOrder
from apps.config.schema.keys import Keys
from apps.config.schema.life import Lives
from apps.config.schema.requests import Requests
from apps.config.schema.rollouts import Rollouts
from apps.config.schema.segments import Segments
from apps.config.schema.settings import SettingReads
from apps.config.schema.trying import Trying
from apps.config.schema.types import FeatureFlagType
from apps.config.schema.usage import Usage
from apps.config.schema.values import ValueReads
from apps.config.schema.versions import Versions
from apps.config.selectors.flags import LOOKUPS, narrowed
from kernel.federation.fields import Many, One


class Query(
    Exchange,
    Environments,
    Segments,
    Keys,
    Versions,
    Requests,
    Deployments,
    Rollouts,
    Usage,
    Lives,
    Trying,
    ConfigurationReads,
    ValueReads,
    SettingReads,
    graphene.ObjectType,
):
    """Reads of feature flags."""

    feature_flag = One(FeatureFlagType)
    feature_flags = Many(
        FeatureFlagType,
        filter=FeatureFlagFilter,
        lookups=LOOKUPS,
        where=narrowed,
        order=FeatureFlagOrder,
    )
