from datetime import datetime
from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .enums import FeatureFlagValueType


class FeatureFlags(BaseModel):
    feature_flags: "FeatureFlagsFeatureFlags" = Field(alias="featureFlags")


class FeatureFlagsFeatureFlags(BaseModel):
    nodes: list["FeatureFlagsFeatureFlagsNodes"]
    page_info: "FeatureFlagsFeatureFlagsPageInfo" = Field(alias="pageInfo")


class FeatureFlagsFeatureFlagsNodes(BaseModel):
    id: str
    key: str
    type_: Optional[FeatureFlagValueType] = Field(alias="type")
    description: str
    owner: str
    tags: list[str]
    archived_at: Optional[datetime] = Field(alias="archivedAt")


class FeatureFlagsFeatureFlagsPageInfo(BaseModel):
    has_next_page: bool = Field(alias="hasNextPage")
    end_cursor: Optional[str] = Field(alias="endCursor")


FeatureFlags.model_rebuild()
FeatureFlagsFeatureFlags.model_rebuild()
