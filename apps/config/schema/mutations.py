"""What may be changed about feature flags."""

import graphene

from apps.config.schema.inputs import (
    CreateFeatureFlagInput,
    DeleteFeatureFlagInput,
    DeleteFeatureFlagsInput,
    UpdateFeatureFlagInput,
)
from apps.config.schema.types import FeatureFlagType
from apps.config.services import create_flag, delete_flag, delete_flags, update_flag
from kernel.federation.mutations import BulkDelete, Create, Delete, Update


class Mutation(graphene.ObjectType):
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
        description="Describe a flag anew, or turn it on or off.",
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
