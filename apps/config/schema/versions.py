"""Versions of flags and segments through the graph, and what differs between two."""

from typing import Any

import graphene

from apps.config.domain.differences import MISSING
from apps.config.models import FeatureFlag, FlagVersion, Origin, Segment, SegmentVersion
from apps.config.selectors.environments import found, target_of
from apps.config.selectors.versions import between, between_environments, version_of
from kernel.federation.access import scope
from kernel.federation.directives import key
from kernel.federation.entities import Entity
from kernel.federation.fields import Many, One
from kernel.federation.scalars import JSON
from kernel.ids import parse_id
from kernel.rows import check_count

VersionOrigin = graphene.Enum.from_enum(
    Origin, name="ConfigVersionOrigin", description="How a version came to be."
)
_FIELDS = (
    "id",
    "environment_id",
    "number",
    "definition",
    "of_version",
    "reason",
    "author_type",
    "author_id",
    "author_name",
    "created_at",
)


@key("id")
class FlagVersionType(Entity):
    """What a flag did in an environment from then on. It never changes."""

    class Meta:
        model = FlagVersion
        name = "FeatureFlagVersion"
        fields = _FIELDS

    flag_id = graphene.ID(required=True)
    environment_id = graphene.ID(required=True)
    origin = VersionOrigin(required=True)
    revision = graphene.BigInt(required=True)


@key("id")
class SegmentVersionType(Entity):
    """Who was in a segment of an environment from then on. It never changes."""

    class Meta:
        model = SegmentVersion
        name = "SegmentVersion"
        fields = _FIELDS

    segment_id = graphene.ID(required=True)
    environment_id = graphene.ID(required=True)
    origin = VersionOrigin(required=True)
    revision = graphene.BigInt(required=True)


class FeatureFlagVersionFilter(graphene.InputObjectType):
    """Which versions; every part that is given has to fit."""

    flag_ids = graphene.List(graphene.NonNull(graphene.ID), description="At most 100.")
    environment_ids = graphene.List(graphene.NonNull(graphene.ID), description="At most 100.")


class SegmentVersionFilter(graphene.InputObjectType):
    """Which versions; every part that is given has to fit."""

    segment_ids = graphene.List(graphene.NonNull(graphene.ID), description="At most 100.")
    environment_ids = graphene.List(graphene.NonNull(graphene.ID), description="At most 100.")


class ConfigVersionOrder(graphene.Enum):
    """In which order versions are listed."""

    NEWEST_FIRST = ("-created_at", "-id")
    OLDEST_FIRST = ("created_at", "id")


class ConfigDifference(graphene.ObjectType):
    """One place that is otherwise."""

    place = graphene.String(required=True, description="A JSON pointer into the definition.")
    before = JSON(description="Null where there was nothing, or null.")
    after = JSON(description="Null where there is nothing, or null.")


class ConfigEnvironmentDifference(graphene.ObjectType):
    """One flag or segment of which two environments say something else."""

    kind = graphene.String(required=True, description="flag or segment.")
    key = graphene.String(required=True)
    differences = graphene.List(graphene.NonNull(ConfigDifference), required=True)


_TWO = {
    "id": graphene.ID(required=True),
    "environment": graphene.String(description="Its key; the first if not said."),
    "before": graphene.Int(required=True, description="The number of a version."),
    "after": graphene.Int(required=True, description="The number of another."),
}


def _differences() -> Any:
    return graphene.List(
        graphene.NonNull(ConfigDifference),
        required=True,
        description="What is otherwise in one version than in another; at most 500 places.",
        **_TWO,
    )


def _narrowed(rows: Any, wanted: dict[str, Any]) -> Any:
    for name, ids in wanted.items():
        rows = rows.filter(**{f"{name.removesuffix('s')}__in": [parse_id(one) for one in ids]})
    return rows


class Versions:
    """Reads of versions."""

    feature_flag_version = One(FlagVersionType)
    feature_flag_versions = Many(
        FlagVersionType,
        filter=FeatureFlagVersionFilter,
        where=_narrowed,
        order=ConfigVersionOrder,
    )
    segment_version = One(SegmentVersionType)
    segment_versions = Many(
        SegmentVersionType,
        filter=SegmentVersionFilter,
        where=_narrowed,
        order=ConfigVersionOrder,
    )
    feature_flag_differences = _differences()
    segment_differences = _differences()
    environment_differences = graphene.List(
        graphene.NonNull(ConfigEnvironmentDifference),
        required=True,
        description="What is otherwise in one environment than in another.",
        before=graphene.String(required=True, description="The key of an environment."),
        after=graphene.String(required=True, description="The key of the other."),
        keys=graphene.List(
            graphene.NonNull(graphene.String), description="Of flags and segments; at most 100."
        ),
    )

    @staticmethod
    @scope("config:read")
    def resolve_feature_flag_differences(_root: Any, _info: Any, **two: Any) -> Any:
        return _between(FeatureFlag, **two)

    @staticmethod
    @scope("config:read")
    def resolve_segment_differences(_root: Any, _info: Any, **two: Any) -> Any:
        return _between(Segment, **two)

    @staticmethod
    @scope("config:read")
    def resolve_environment_differences(
        _root: Any, _info: Any, before: str, after: str, keys: list[str] | None = None
    ) -> Any:
        if keys is not None:
            check_count("keys", keys)
        told = between_environments(found(before).pk, found(after).pk, keys=keys)
        return [
            {"kind": kind, "key": name, "differences": _told(all_of)} for kind, name, all_of in told
        ]


def _between(
    model: Any, *, id: str, before: int, after: int, environment: str | None = None
) -> list[dict[str, Any]]:
    target, there = target_of(model, id), found(environment)
    older, newer = (version_of(target, there.pk, number) for number in (before, after))
    return _told(between(older.definition, newer.definition))


def _told(all_of: Any) -> list[dict[str, Any]]:
    return [
        {
            "place": one.place,
            "before": None if one.before is MISSING else one.before,
            "after": None if one.after is MISSING else one.after,
        }
        for one in all_of
    ]
