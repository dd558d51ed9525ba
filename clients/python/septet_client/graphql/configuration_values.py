from typing import Any, Optional

from pydantic import Field

from .base_model import BaseModel


class ConfigurationValues(BaseModel):
    configuration_values: "ConfigurationValuesConfigurationValues" = Field(
        alias="configurationValues"
    )


class ConfigurationValuesConfigurationValues(BaseModel):
    revision: int
    values: list["ConfigurationValuesConfigurationValuesValues"]


class ConfigurationValuesConfigurationValuesValues(BaseModel):
    key: str
    value: Optional[Any]


ConfigurationValues.model_rebuild()
ConfigurationValuesConfigurationValues.model_rebuild()
