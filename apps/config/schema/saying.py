"""What is said of configurations is changed by version, imported, and undone."""

from collections.abc import Sequence
from typing import Any

import graphene

from apps.config.access import APPROVE, SECRET
from apps.config.schema.configurations import ConfigurationEntity
from apps.config.schema.values import (
    ENVIRONMENT,
    SERVICE,
    TENANT,
    ConfigurationLayer,
    ConfigurationValueInput,
    place_of,
    sayings_of,
)
from apps.config.services.importing_values import import_values, values_in_yaml
from apps.config.services.values import Published, roll_back, say
from kernel.errors import InvalidInputError
from kernel.federation.mutations import Change, ChangeInput
from kernel.federation.scalars import JSON


class PlaceInput(ChangeInput):
    """Where something is said, and why."""

    layer = ConfigurationLayer(default_value=TENANT)
    environment = graphene.String(description=ENVIRONMENT)
    service = graphene.String(description=SERVICE)
    reason = graphene.String()


class SetConfigurationValuesInput(PlaceInput):
    """What is said in a place: all of it, or nothing."""

    values = graphene.List(
        graphene.NonNull(ConfigurationValueInput), required=True, description="At most 1,000."
    )


class RollBackConfigurationValueInput(PlaceInput):
    """The version to go back to."""

    key = graphene.String(required=True)
    version = graphene.Int(required=True)
    base_version = graphene.Int()
    emergency = graphene.Boolean(
        description=f"Where others have to approve: at once, with a reason; it takes {APPROVE}."
    )


class ImportConfigurationValuesInput(PlaceInput):
    """Values by key, as they are written out."""

    values = JSON(description="An object; what it does not name stays.")
    yaml = graphene.String(
        description="The same as a YAML 1.2 document of at most 1 MB, without aliases."
    )
    create_missing = graphene.Boolean(
        description="Make configurations of what there is none of, by the type of the value."
    )
    dry_run = graphene.Boolean(description="True tells what would become of it; nothing changes.")


class ConfigurationChanged(graphene.ObjectType):
    """What became of a key."""

    key = graphene.String(required=True)
    version = graphene.Int(description="Null where nothing is another than before.")


class _Say(Change):
    """Changes what is said."""

    def __init__(self, **options: Any) -> None:
        super().__init__(ConfigurationEntity, **options)

    def results(self) -> dict[str, Any]:
        return {
            "revision": graphene.Int(),
            "changed": graphene.List(graphene.NonNull(ConfigurationChanged)),
        }

    def done(self, made: tuple[Sequence[str], Published]) -> dict[str, Any]:
        keys, published = made
        changed = [
            {"key": name, "version": version and version.number}
            for name, version in zip(keys, published.versions, strict=True)
        ]
        return {"revision": published.revision, "changed": changed}


def _set(**sent: Any) -> tuple[list[str], Published]:
    sayings = sayings_of(sent["values"])
    published = say(place_of(sent), sayings, reason=sent.get("reason") or "")
    return [one.key for one in sayings], published


def _roll_back(**sent: Any) -> tuple[list[str], Published]:
    published = roll_back(
        place_of(sent),
        sent["key"],
        number=sent["version"],
        base=sent.get("base_version"),
        reason=sent.get("reason") or "",
        emergency=bool(sent.get("emergency")),
    )
    return [sent["key"]], published


def _import(**sent: Any) -> tuple[Sequence[str], Published]:
    values, text = sent.get("values"), sent.get("yaml")
    if (values is None) is (text is None):
        raise InvalidInputError("what to import is in values, or in yaml")
    return import_values(
        place_of(sent),
        values if text is None else values_in_yaml(text),
        create_missing=bool(sent.get("create_missing")),
        dry_run=bool(sent.get("dry_run")),
        reason=sent.get("reason") or "",
    )


class ValueChanges:
    """Changes of what is said."""

    set_configuration_values = _Say(
        input=SetConfigurationValuesInput,
        by=_set,
        description=f"Say values in a place, all or none. Of a secret it takes {SECRET}.",
    )
    roll_back_configuration_value = _Say(
        input=RollBackConfigurationValueInput,
        by=_roll_back,
        description="Say again what an earlier version said.",
    )
    import_configuration_values = _Say(
        input=ImportConfigurationValuesInput,
        by=_import,
        description="Say many values at once, all or none.",
    )
