"""What flags and segments do in an environment, through the graph: published, undone, tried."""

from collections.abc import Callable
from typing import Any

import graphene

from apps.config.domain.findings import Severity
from apps.config.models import FeatureFlag, Segment
from apps.config.schema.environments import EnvironmentType
from apps.config.schema.segments import SegmentType
from apps.config.schema.types import FeatureFlagType
from apps.config.selectors.environments import target_of
from apps.config.services.changes import Change
from apps.config.services.flags import archive_flag, unarchive_flag
from apps.config.services.history import copy, copy_environment, roll_back
from apps.config.services.killing import kill_flag, restore_flag
from apps.config.services.publishing import Published, publish
from apps.config.services.segments import change_members
from kernel.federation.mutations import ById, Update

_ENVIRONMENT = "The key of an environment; the first if not said."
_BASE = "The version that it was made from: CONFLICT if another is current. 0 if there was none."
_JSON = "JSON in flagd's format, as it is to be kept: `1.0` stays `1.0`."


class ConfigFindingSeverity(graphene.Enum):
    """Whether a finding keeps a definition from being published."""

    ERROR = Severity.ERROR.value
    WARNING = Severity.WARNING.value


class ConfigFinding(graphene.ObjectType):
    """One thing to mend, or to look at."""

    place = graphene.String(required=True, description="A JSON pointer into the environment.")
    code = graphene.String(required=True)
    message = graphene.String(required=True)
    severity = ConfigFindingSeverity(required=True)


class InEnvironment(ById):
    """Names a flag or segment, and where; the inputs of changes there are made of it."""

    environment = graphene.String(description=_ENVIRONMENT)
    reason = graphene.String(description="Kept with the version; at most 1,000 characters.")


class FromVersion(InEnvironment):
    """Names what a change was made from as well."""

    base_version = graphene.Int(description=_BASE)


class PublishFeatureFlagInput(FromVersion):
    """What a flag is to do."""

    definition = graphene.String(required=True, description=_JSON)


class UnpublishFeatureFlagInput(FromVersion):
    """The flag to take out of an environment."""


class RollBackFeatureFlagInput(FromVersion):
    """The version to go back to."""

    version = graphene.Int(required=True)


class CopyFeatureFlagInput(FromVersion):
    """The flag to do here what it does elsewhere."""

    source = graphene.String(required=True, description="The key of the other environment.")


class KillFeatureFlagInput(InEnvironment):
    """The flag to switch off."""


class RestoreFeatureFlagInput(InEnvironment):
    """The flag to let go on."""


class ArchiveFeatureFlagInput(ById):
    """The flag that is done with."""

    reason = graphene.String()


class UnarchiveFeatureFlagInput(ById):
    """The flag that is to be used again."""


class PublishSegmentInput(FromVersion):
    """Who is to be in a segment."""

    definition = graphene.String(required=True, description=_JSON)


class UnpublishSegmentInput(FromVersion):
    """The segment to take out of an environment."""


class RollBackSegmentInput(FromVersion):
    """The version to go back to."""

    version = graphene.Int(required=True)


class ChangeSegmentMembersInput(FromVersion):
    """Who is to be listed in a segment, and who no longer; together at most 10,000."""

    add = graphene.List(graphene.NonNull(graphene.String))
    remove = graphene.List(graphene.NonNull(graphene.String))


class CopyEnvironmentInput(ById):
    """The environment that is to say what another says."""

    source = graphene.String(required=True, description="The key of the other environment.")
    keys = graphene.List(
        graphene.NonNull(graphene.String), description="Of flags and segments; all if not said."
    )
    reason = graphene.String()


class _Publish(Update):
    """Publishes, and says which version and revision it became."""

    def results(self) -> dict[str, Any]:
        return {
            **super().results(),
            "version": graphene.Int(description="Null where it said so before."),
            "revision": graphene.BigInt(description="Of the environment, from this on."),
            "warnings": graphene.List(graphene.NonNull(ConfigFinding)),
        }

    def done(self, made: Any) -> dict[str, Any]:
        row, published = made
        [version] = published.versions if len(published.versions) == 1 else [None]
        return {
            self.member: row,
            "version": version.number if version else None,
            "revision": published.revision,
            "warnings": [told_of(one) for one in published.warnings],
        }


def told_of(finding: Any) -> dict[str, Any]:
    """Return a finding as the graph tells it."""
    return {
        "place": finding.place,
        "code": finding.code,
        "message": finding.message,
        "severity": finding.severity.value,
    }


def said(sent: dict[str, Any]) -> dict[str, Any]:
    """Return what was sent: null is the same as not sent, and `base_version` is the base."""
    told = {name: value for name, value in sent.items() if value is not None}
    if "base_version" in told:
        told["base"] = told.pop("base_version")
    return told


def _of(model: Any, work: Callable[..., Published]) -> Callable[..., tuple[Any, Published]]:
    """Let a service work on the flag or segment of the id that was sent."""

    def by(*, id: str, **sent: Any) -> tuple[Any, Published]:
        target = target_of(model, id)
        done = work(target, **said(sent))
        target.refresh_from_db()
        return target, done

    return by


def _publish(
    target: Any,
    *,
    definition: str | None = None,
    environment: str | None = None,
    base: int | None = None,
    reason: str = "",
) -> Published:
    change = Change(target=target, definition=definition, base=base)
    return publish(environment, [change], reason=reason)


def _roll_back(target: Any, *, version: int, **told: Any) -> Published:
    return roll_back(target, to_version=version, **told)


def _copy_environment(**sent: Any) -> tuple[Any, Published]:
    done = copy_environment(**said(sent))
    return done.environment, done


def _change_members(**sent: Any) -> tuple[Any, Published]:
    done = change_members(**said(sent))
    return target_of(Segment, sent["id"]), done


class Publishing:
    """Changes of what is served in an environment."""

    publish_feature_flag = _Publish(
        FeatureFlagType,
        input=PublishFeatureFlagInput,
        by=_of(FeatureFlag, _publish),
        description="Let a flag do this in an environment, from the answer on.",
    )
    unpublish_feature_flag = _Publish(
        FeatureFlagType,
        input=UnpublishFeatureFlagInput,
        by=_of(FeatureFlag, _publish),
        description="Take a flag out of an environment; programs get their own default.",
    )
    roll_back_feature_flag = _Publish(
        FeatureFlagType,
        input=RollBackFeatureFlagInput,
        by=_of(FeatureFlag, _roll_back),
        description="Publish an older version again, as a new one.",
    )
    copy_feature_flag = _Publish(
        FeatureFlagType,
        input=CopyFeatureFlagInput,
        by=_of(FeatureFlag, copy),
        description="Let a flag do in an environment what it does in another.",
    )
    kill_feature_flag = Update(
        FeatureFlagType,
        input=KillFeatureFlagInput,
        by=lambda **sent: kill_flag(**said(sent)),
        description="Switch a flag off in an environment at once: programs get their own default.",
    )
    restore_feature_flag = Update(
        FeatureFlagType,
        input=RestoreFeatureFlagInput,
        by=lambda **sent: restore_flag(**said(sent)),
        description="Let a killed flag do again what its definition says.",
    )
    archive_feature_flag = Update(
        FeatureFlagType,
        input=ArchiveFeatureFlagInput,
        by=lambda **sent: archive_flag(**said(sent)),
        description="Take a flag out of every environment; its history stays.",
    )
    unarchive_feature_flag = Update(
        FeatureFlagType,
        input=UnarchiveFeatureFlagInput,
        by=unarchive_flag,
        description="Let an archived flag be published again.",
    )
    publish_segment = _Publish(
        SegmentType,
        input=PublishSegmentInput,
        by=_of(Segment, _publish),
        description="Let these be in a segment of an environment.",
    )
    unpublish_segment = _Publish(
        SegmentType,
        input=UnpublishSegmentInput,
        by=_of(Segment, _publish),
        description="Take a segment out of an environment.",
    )
    roll_back_segment = _Publish(
        SegmentType,
        input=RollBackSegmentInput,
        by=_of(Segment, _roll_back),
        description="Publish an older version again, as a new one.",
    )
    change_segment_members = _Publish(
        SegmentType,
        input=ChangeSegmentMembersInput,
        by=_change_members,
        description="Add members to a segment of an environment, and remove others.",
    )
    copy_environment = _Publish(
        EnvironmentType,
        input=CopyEnvironmentInput,
        by=_copy_environment,
        description="Publish in an environment what another says: all of it, or nothing.",
    )
