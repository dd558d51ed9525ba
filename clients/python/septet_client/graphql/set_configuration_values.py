from typing import Optional

from pydantic import Field

from .base_model import BaseModel


class SetConfigurationValues(BaseModel):
    set_configuration_values: "SetConfigurationValuesSetConfigurationValues" = Field(
        alias="setConfigurationValues"
    )


class SetConfigurationValuesSetConfigurationValues(BaseModel):
    revision: Optional[int]
    error: Optional["SetConfigurationValuesSetConfigurationValuesError"]


class SetConfigurationValuesSetConfigurationValuesError(BaseModel):
    code: str
    message: str


SetConfigurationValues.model_rebuild()
SetConfigurationValuesSetConfigurationValues.model_rebuild()
