"""Dynamic settings of the platform: for its operators, and for its own services."""

from typing import Any

import graphene

from apps.config.schema.configurations import ConfigurationTypeEnum
from apps.config.selectors.configurations import snapshots
from apps.config.selectors.places import Place, require_operator
from apps.config.selectors.settings import Here
from kernel.dynamic.declaring import REGISTRY
from kernel.federation.access import scope
from kernel.federation.scalars import JSON
from kernel.tenancy.context import PLATFORM, acting_principal


class DynamicSetting(graphene.ObjectType):
    """What operators may change while the platform runs.

    Another value is said in the layer GLOBAL by `setConfigurationValues`, under the same key.
    """

    key = graphene.String(required=True)
    service = graphene.String(required=True, description="Which of the seven reads it.")
    type = ConfigurationTypeEnum(required=True)
    description = graphene.String(required=True)
    schema = JSON(required=True)
    default = JSON(required=True)
    value = JSON(required=True, description="What holds now.")
    version = graphene.Int(required=True, description="0 while the default holds.")


class DynamicSettingValues(graphene.ObjectType):
    """Every value that was said, for services to keep in memory."""

    revision = graphene.Int(required=True)
    values = JSON(required=True)


class SettingReads:
    """Reads of dynamic settings."""

    dynamic_settings = graphene.List(
        graphene.NonNull(DynamicSetting),
        required=True,
        description="All dynamic settings, by key; for the platform's operators.",
    )
    dynamic_setting_values = graphene.Field(
        DynamicSettingValues,
        description="For the platform's services: null while they know the revision there is.",
        after=graphene.Int(required=True),
        instance=graphene.String(description="Who asks; of values that are being deployed."),
    )

    @staticmethod
    @scope("config:read")
    def resolve_dynamic_settings(_root: Any, _info: Any) -> list[dict[str, Any]]:
        require_operator()
        held = snapshots.get(Place(PLATFORM, "")).held
        return [
            {
                "key": setting.key,
                "service": setting.app,
                "type": setting.kind,
                "description": setting.description,
                "schema": setting.schema,
                "default": setting.told_default,
                "value": held[key].resolved.value if key in held else setting.told_default,
                "version": held[key].number if key in held else 0,
            }
            for key, setting in sorted(REGISTRY.items())
        ]

    @staticmethod
    @scope("config:read")
    def resolve_dynamic_setting_values(
        _root: Any, _info: Any, after: int, instance: str | None = None
    ) -> dict[str, Any] | None:
        principal = acting_principal()
        if principal is None or (principal.kind, principal.tenant_id) != ("service", PLATFORM):
            require_operator()
        found = Here().load(after, instance or "")
        return None if found is None else {"revision": found.revision, "values": found.values}
