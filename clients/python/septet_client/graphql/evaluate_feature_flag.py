from typing import Any, Optional

from pydantic import Field

from .base_model import BaseModel


class EvaluateFeatureFlag(BaseModel):
    evaluate_feature_flag: list["EvaluateFeatureFlagEvaluateFeatureFlag"] = Field(
        alias="evaluateFeatureFlag"
    )


class EvaluateFeatureFlagEvaluateFeatureFlag(BaseModel):
    value: Optional[Any]
    variant: Optional[str]
    reason: str
    error_code: Optional[str] = Field(alias="errorCode")
    error_message: Optional[str] = Field(alias="errorMessage")


EvaluateFeatureFlag.model_rebuild()
