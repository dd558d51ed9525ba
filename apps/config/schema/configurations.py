"""Configurations in the graph: what there is to be said. What is said is in `values`."""

from typing import Any

import graphene
import orjson

from apps.config.models import Configuration, ConfigurationType
from apps.config.selectors.configurations import LOOKUPS
from apps.config.services.configurations import (
    create_configuration,
    delete_configuration,
    update_configuration,
)
from apps.config.services.values import json_text
from kernel.federation.directives import key
from kernel.federation.entities import Entity
from kernel.federation.fields import Many, One
from kernel.federation.mutations import ById, ChangeInput, Create, Delete, Update
from kernel.federation.scalars import JSON

ConfigurationTypeEnum = graphene.Enum.from_enum(
    ConfigurationType,
    name="ConfigurationValueType",
    description="What values are; a duration is a text such as `500ms`, `30s`, `12h` or `7d`.",
)
_SCHEMA = "JSON Schema 2020-12 that values are held to."


@key("id")
class ConfigurationEntity(Entity):
    """Something that programs ask for by its key; its values are said in places."""

    class Meta:
        model = Configuration
        name = "Configuration"
        fields = (
            "id",
            "key",
            "description",
            "owner",
            "secret",
            "merge",
            "shared",
            "created_at",
        )

    type = ConfigurationTypeEnum(required=True)
    schema = JSON(description=_SCHEMA)

    @staticmethod
    def resolve_schema(configuration: Configuration, _info: Any) -> Any:
        return orjson.loads(configuration.schema) if configuration.schema else None


class ConfigurationFilter(graphene.InputObjectType):
    """Which configurations; every part that is given has to fit."""

    keys = graphene.List(graphene.NonNull(graphene.String), description="At most 100.")
    type = ConfigurationTypeEnum()
    owner = graphene.String()
    created_from = graphene.DateTime(description="This moment or later.")
    created_before = graphene.DateTime()


class ConfigurationOrder(graphene.Enum):
    """In which order configurations are listed."""

    NEWEST_FIRST = ("-created_at", "-id")
    OLDEST_FIRST = ("created_at", "id")
    KEY = ("key", "id")


class CreateConfigurationInput(ChangeInput):
    """Something to be said."""

    key = graphene.String(
        required=True,
        description="What programs ask for: letters, digits, `-`, `_`, and dots between.",
    )
    type = ConfigurationTypeEnum(required=True)
    schema = JSON(description=_SCHEMA)
    description = graphene.String()
    owner = graphene.String()
    secret = graphene.Boolean(description="Values are shown to nobody; they are strings.")
    merge = graphene.Boolean(
        description="Objects of several layers are put together, member by member (RFC 7396)."
    )
    shared = graphene.Boolean(
        description="Of the installation, for all tenants: by its operators alone."
    )


class UpdateConfigurationInput(ById):
    """What becomes of a configuration; what is not sent stays."""

    schema = JSON(description=f"{_SCHEMA} Null for none. What was said before stays.")
    description = graphene.String()
    owner = graphene.String()


class DeleteConfigurationInput(ById):
    """The configuration to remove."""


class ConfigurationReads:
    """Reads of configurations."""

    configuration = One(ConfigurationEntity)
    configurations = Many(
        ConfigurationEntity,
        filter=ConfigurationFilter,
        lookups=LOOKUPS,
        order=ConfigurationOrder,
    )


class ConfigurationChanges:
    """Changes of configurations."""

    create_configuration = Create(
        ConfigurationEntity,
        input=CreateConfigurationInput,
        by=lambda **told: create_configuration(**_told(told)),
        description="Make a configuration; CONFLICT when its key is taken.",
    )
    update_configuration = Update(
        ConfigurationEntity,
        input=UpdateConfigurationInput,
        by=lambda **told: update_configuration(**_told(told)),
        description="Describe a configuration anew, or give it another schema.",
    )
    delete_configuration = Delete(
        ConfigurationEntity,
        input=DeleteConfigurationInput,
        by=delete_configuration,
        description="Remove a configuration with all that was said of it; the history stays.",
    )


def _told(sent: dict[str, Any]) -> dict[str, Any]:
    """Return what was sent as services take it: no null where that is what is not said."""
    told = {
        name: getattr(value, "value", value)
        for name, value in sent.items()
        if value is not None or name in {"description", "owner", "schema"}
    }
    if "schema" in told:
        told["schema"] = "" if told["schema"] is None else json_text(told["schema"], "schema")
    return told
