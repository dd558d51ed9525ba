"""What may be changed about feature flags."""

import graphene

from apps.config.schema.configurations import ConfigurationChanges
from apps.config.schema.deployments import DeploymentChanges
from apps.config.schema.environments import EnvironmentChanges
from apps.config.schema.exchange import ExchangeChanges
from apps.config.schema.inputs import (
    CreateFeatureFlagInput,
    DeleteFeatureFlagInput,
    DeleteFeatureFlagsInput,
    UpdateFeatureFlagInput,
)
from apps.config.schema.keys import KeyChanges
from apps.config.schema.life import LifeChanges
from apps.config.schema.publishing import Publishing
from apps.config.schema.requests import RequestChanges
from apps.config.schema.rollouts import RolloutChanges
from apps.config.schema.saying import ValueChanges
from apps.config.schema.segments import SegmentChanges
from apps.config.schema.types import FeatureFlagType
from apps.config.schema.usage import UsageChanges
from apps.config.services.flags import create_flag, delete_flag, delete_flags, update_flag
from kernel.federation.mutations import BulkDelete, Create, Delete, Update


class Mutation(
    ExchangeChanges,
    Publishing,
    RequestChanges,
    DeploymentChanges,
    RolloutChanges,
    UsageChanges,
    LifeChanges,
    SegmentChanges,
    KeyChanges,
    EnvironmentChanges,
    ConfigurationChanges,
    ValueChanges,
    graphene.ObjectType,
):
    """Changes of feature flags."""

    create_feature_flag = Create(
        FeatureFlagType,
        input=CreateFeatureFlagInput,
        by=create_flag,
        description="Make a flag; CONFLICT when its key is taken.",
    )
    update_feature_flag = Update(
        FeatureFlagType,
        input=UpdateFeatureFlagInput,
        by=update_flag,
        description="Describe a flag anew.",
    )
    delete_feature_flag = Delete(
        FeatureFlagType,
        input=DeleteFeatureFlagInput,
        by=delete_flag,
        description="Remove a flag; programs that ask for it get their own default.",
    )
    delete_feature_flags = BulkDelete(
        FeatureFlagType,
        input=DeleteFeatureFlagsInput,
        by=delete_flags,
        description="Remove many flags; one that is not there does not keep the others.",
    )
