"""What may be asked of feature flags."""

from typing import Any

import graphene

from apps.config.schema.types import FeatureFlagConnection, FeatureFlagType
from apps.config.selectors import all_feature_flags, by_id
from kernel.federation.access import scope
from kernel.federation.pages import Page, Window, page_arguments


class Query(graphene.ObjectType):
    """Reads of feature flags."""

    feature_flag = graphene.Field(FeatureFlagType, id=graphene.ID(required=True))
    feature_flags = graphene.Field(
        FeatureFlagConnection, required=True, description="The newest first.", **page_arguments()
    )

    @staticmethod
    @scope("config:read")
    def resolve_feature_flag(_root: Any, _info: Any, id: str) -> Any:
        return by_id(id)

    @staticmethod
    @scope("config:read")
    def resolve_feature_flags(_root: Any, _info: Any, **window: Any) -> Page:
        return Page(all_feature_flags(), Window.of(**window), ("-id",))
