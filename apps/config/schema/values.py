"""What is said of configurations, in places: read with its origin, changed by version, undone."""

from itertools import islice
from typing import Any

import graphene

from apps.config.domain.configuration.differences import MOST, differences
from apps.config.domain.configuration.layering import Layer
from apps.config.models import ConfigurationVersion
from apps.config.schema.configurations import ConfigurationTypeEnum
from apps.config.selectors.configurations import Held, Snapshot, parsed, snapshots, versions
from apps.config.selectors.places import Place, checked_instance, default_environment, place_at
from apps.config.services.values import Saying, check_only, json_text
from kernel.errors import InvalidInputError, LimitExceededError
from kernel.federation.access import scope
from kernel.federation.scalars import JSON
from kernel.tenancy.context import in_tenant

#: Versions, or keys, of one answer.
MOST_LISTED = 100
LISTED = 20

ConfigurationLayer = graphene.Enum.from_enum(
    Layer, name="ConfigurationLayer", description="For whom a value is said; the narrowest wins."
)
TENANT = ConfigurationLayer._meta.enum.TENANT  # noqa: SLF001  as orders are
ENVIRONMENT = "Its key; the first of the tenant if not said, and none in the layer GLOBAL."
SERVICE = "The service whose values are wanted; in the layer SERVICE."


class ConfigurationOrigin(graphene.ObjectType):
    """Which layer a member of a value comes from."""

    path = graphene.String(required=True, description="A JSON pointer into the value.")
    layer = ConfigurationLayer(required=True)


class ConfigurationDeploying(graphene.ObjectType):
    """A value on its way to all who read it."""

    deployment_id = graphene.ID(required=True)
    percent = graphene.Float(required=True)
    reached = graphene.Boolean(
        required=True, description="Whether it is the one that holds for who asks."
    )


class ConfigurationHeld(graphene.ObjectType):
    """What holds of one configuration."""

    key = graphene.String(required=True)
    type = ConfigurationTypeEnum(required=True)
    value = JSON(description="Null for a secret that is kept encrypted.")
    encrypted = graphene.Boolean(required=True)
    origin = ConfigurationLayer(required=True, description="The layer that said it last.")
    origins = graphene.List(
        graphene.NonNull(ConfigurationOrigin),
        required=True,
        description="Of each member, for objects that are put together.",
    )
    version = graphene.Int(
        required=True, description="That of the place asked for; 0 when nothing is said there."
    )
    deploying = graphene.Field(
        ConfigurationDeploying, description="Another value of it that is on its way."
    )


class ConfigurationValues(graphene.ObjectType):
    """Everything that holds in a place."""

    revision = graphene.Int(required=True, description="What to watch from; it only goes up.")
    stale_since = graphene.DateTime(description="Since when the database is away.")
    values = graphene.List(graphene.NonNull(ConfigurationHeld), required=True)


class ConfigurationDifference(graphene.ObjectType):
    """What is another than in the version before."""

    path = graphene.String(required=True)
    verb = graphene.String(required=True, description="added, removed or changed")
    before = JSON()
    after = JSON()


class ConfigurationVersionType(graphene.ObjectType):
    """What was said of a key in a place from then on."""

    class Meta:
        name = "ConfigurationVersion"

    number = graphene.Int(required=True)
    value = JSON(description="Null where nothing was said, and of an encrypted secret.")
    removed = graphene.Boolean(required=True)
    encrypted = graphene.Boolean(required=True)
    revision = graphene.Int(required=True)
    origin = graphene.String(required=True, description="edit, rollback, import or removal")
    of_version = graphene.Int(description="What a rollback went back to.")
    reason = graphene.String(required=True)
    author_name = graphene.String(required=True)
    created_at = graphene.DateTime(required=True)
    differences = graphene.List(
        graphene.NonNull(ConfigurationDifference),
        required=True,
        description=f"Against the version before; at most {MOST}.",
    )


class ConfigurationValueInput(graphene.InputObjectType):
    """What is said of a key."""

    key = graphene.String(required=True)
    value = JSON(description="Null to say nothing here any more.")
    base_version = graphene.Int(
        description="The version that was seen, 0 for none; CONFLICT when it is another now."
    )


class ConfigurationCheck(graphene.ObjectType):
    """Whether values could be said."""

    code = graphene.String(description="Null when they could.")
    message = graphene.String()
    findings = graphene.List(graphene.NonNull(graphene.String), required=True)


class ValueReads:
    """Reads of what is said."""

    configuration_values = graphene.Field(
        ConfigurationValues,
        required=True,
        description="What holds for a service, an environment, or a layer of the installation.",
        environment=graphene.String(description=ENVIRONMENT),
        service=graphene.String(description=SERVICE),
        layer=ConfigurationLayer(),
        keys=graphene.List(graphene.NonNull(graphene.String), description="At most 100."),
        instance=graphene.String(
            description="Who asks: of a value that is being deployed it has always the same."
        ),
    )
    configuration_versions = graphene.List(
        graphene.NonNull(ConfigurationVersionType),
        required=True,
        description="The history of a key in a place, the newest first.",
        key=graphene.String(required=True),
        layer=ConfigurationLayer(),
        environment=graphene.String(description=ENVIRONMENT),
        service=graphene.String(description=SERVICE),
        first=graphene.Int(description=f"At most {MOST_LISTED}; {LISTED} if not said."),
        before=graphene.Int(description="Versions with smaller numbers only."),
    )
    check_configuration_values = graphene.Field(
        ConfigurationCheck,
        required=True,
        description="Whether values could be said, and why not. Nothing is changed.",
        values=graphene.List(graphene.NonNull(ConfigurationValueInput), required=True),
        layer=ConfigurationLayer(),
        environment=graphene.String(description=ENVIRONMENT),
        service=graphene.String(description=SERVICE),
    )

    @staticmethod
    @scope("config:read")
    def resolve_configuration_values(
        _root: Any,
        _info: Any,
        keys: list[str] | None = None,
        instance: str | None = None,
        **where: Any,
    ) -> dict[str, Any]:
        if keys is not None and len(keys) > MOST_LISTED:
            raise LimitExceededError(f"at most {MOST_LISTED} keys, found {len(keys)}")
        return _snapshot(snapshots.get(place_of(where), checked_instance(instance or "")), keys)

    @staticmethod
    @scope("config:read")
    def resolve_configuration_versions(
        _root: Any,
        _info: Any,
        key: str,
        first: int | None = None,
        before: int | None = None,
        **where: Any,
    ) -> list[dict[str, Any]]:
        first = LISTED if first is None else first
        if not 0 <= first <= MOST_LISTED:
            raise LimitExceededError(f"first is 0 to {MOST_LISTED}, found {first}")
        place = place_of(where)
        with in_tenant(place.tenant_id):
            rows = versions(place, key)
            if before is not None:
                rows = rows.filter(number__lt=before)
            # One more, to compare the last with.
            found = list(rows[: first + 1])
        return [
            _version(row, found[at + 1] if at + 1 < len(found) else None)
            for at, row in enumerate(found[:first])
        ]

    @staticmethod
    @scope("config:write")
    def resolve_check_configuration_values(
        _root: Any, _info: Any, values: list[dict[str, Any]], **where: Any
    ) -> dict[str, Any]:
        error = check_only(place_of(where), sayings_of(values))
        findings = [f"{one.place}: {one.message}" for one in getattr(error, "findings", ())]
        return {
            "code": error and error.code,
            "message": error and str(error),
            "findings": findings,
        }


def place_of(where: dict[str, Any]) -> Place:
    """Return the place that was named."""
    layer = where.get("layer")
    service, environment = where.get("service") or "", where.get("environment") or ""
    if layer is None or (layer.value is Layer.TENANT and service):
        chosen = Layer.SERVICE if service else Layer.TENANT
    else:
        chosen = Layer(layer.value)
    if chosen in (Layer.TENANT, Layer.SERVICE) and not environment:
        environment = default_environment()
    return place_at(chosen, environment, service)


def sayings_of(values: list[dict[str, Any]]) -> list[Saying]:
    """Return what was sent of many keys; raises InvalidInputError."""
    return [saying_of(one) for one in values]


def saying_of(sent: dict[str, Any]) -> Saying:
    """Return what was sent of one key; raises InvalidInputError."""
    if "value" not in sent:
        raise InvalidInputError(f"a value is needed for {sent['key'][:200]!r}, null for none")
    value = sent["value"]
    text = None if value is None else json_text(value, sent["key"])
    return Saying(key=sent["key"], value=text, base=sent.get("base_version"))


def _snapshot(found: Snapshot, keys: list[str] | None) -> dict[str, Any]:
    wanted = sorted(found.held) if keys is None else [key for key in keys if key in found.held]
    return {
        "revision": found.revision,
        "stale_since": found.stale_since,
        "values": [_held(found.held[key]) for key in wanted],
    }


def _held(one: Held) -> dict[str, Any]:
    resolved = one.resolved
    return {
        "key": one.configuration.key,
        "type": one.configuration.type,
        "value": None if one.encrypted else resolved.value,
        "encrypted": one.encrypted,
        "origin": resolved.origin,
        "origins": [
            {"path": path, "layer": layer} for path, layer in sorted(resolved.origins.items())
        ],
        "version": one.number,
        "deploying": one.deploying
        and {
            "deployment_id": one.deploying.id,
            "percent": one.deploying.percent,
            "reached": one.deployed,
        },
    }


def _version(row: ConfigurationVersion, earlier: ConfigurationVersion | None) -> dict[str, Any]:
    value = parsed(row.value) if row.value else None
    before = parsed(earlier.value) if earlier and earlier.value else None
    return {
        "number": row.number,
        "value": value,
        "removed": not row.value and not row.sealed,
        "encrypted": row.sealed,
        "revision": row.revision,
        "origin": row.origin,
        "of_version": row.of_version,
        "reason": row.reason,
        "author_name": row.author_name,
        "created_at": row.created_at,
        "differences": [] if row.sealed else told_differences(before, value),
    }


def told_differences(before: Any, after: Any) -> list[dict[str, Any]]:
    """Return what differs between two values."""
    return [
        {"path": one.place, "verb": one.verb, "before": one.before, "after": one.after}
        for one in islice(differences(before, after), MOST)
    ]
