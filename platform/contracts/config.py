"""What happens to feature flags, segments and the environments that they are in."""

from dataclasses import dataclass
from typing import ClassVar

from contracts.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagCreated(Event):
    """There is a flag by this key; it is in no environment yet."""

    TYPE: ClassVar[str] = "config.flag.created.v1"
    ENTITY: ClassVar[str] = "FeatureFlag"
    SUBJECT: ClassVar[str] = "flag_id"
    LABEL: ClassVar[str] = "key"

    flag_id: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagChanged(Event):
    """What is said about a flag is another than before; the fields named are those that were set.

    What it does in an environment is told by `config.flag.published.v1`.
    """

    TYPE: ClassVar[str] = "config.flag.changed.v1"
    ENTITY: ClassVar[str] = "FeatureFlag"
    SUBJECT: ClassVar[str] = "flag_id"
    LABEL: ClassVar[str] = "key"

    flag_id: str
    key: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagPublished(Event):
    """A flag does something else in an environment, from this revision of it on."""

    TYPE: ClassVar[str] = "config.flag.published.v1"
    ENTITY: ClassVar[str] = "FeatureFlag"
    SUBJECT: ClassVar[str] = "flag_id"
    LABEL: ClassVar[str] = "key"

    flag_id: str
    key: str
    environment_id: str
    environment: str
    version: int
    revision: int
    #: edit, rollback, copy, import, request, rollout or archive.
    origin: str
    #: Whether it was taken out of the environment.
    removed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagKilled(Event):
    """A flag is switched off in an environment, whatever its definition says."""

    TYPE: ClassVar[str] = "config.flag.killed.v1"
    ENTITY: ClassVar[str] = "FeatureFlag"
    SUBJECT: ClassVar[str] = "flag_id"
    LABEL: ClassVar[str] = "key"

    flag_id: str
    key: str
    environment_id: str
    environment: str
    revision: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagRestored(Event):
    """A flag that was killed does again what its definition says."""

    TYPE: ClassVar[str] = "config.flag.restored.v1"
    ENTITY: ClassVar[str] = "FeatureFlag"
    SUBJECT: ClassVar[str] = "flag_id"
    LABEL: ClassVar[str] = "key"

    flag_id: str
    key: str
    environment_id: str
    environment: str
    revision: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagStale(Event):
    """Where a flag stands in its life is another than before.

    fresh, potentially_stale, stale or cleaned: it was archived after it was suspected.
    """

    TYPE: ClassVar[str] = "config.flag.stale.v1"
    ENTITY: ClassVar[str] = "FeatureFlag"
    SUBJECT: ClassVar[str] = "flag_id"
    LABEL: ClassVar[str] = "key"

    flag_id: str
    key: str
    stage: str
    #: not_evaluated, one_variant, fully_rolled_out, overdue or old.
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagArchived(Event):
    """A flag is in no environment any more; its history stays."""

    TYPE: ClassVar[str] = "config.flag.archived.v1"
    ENTITY: ClassVar[str] = "FeatureFlag"
    SUBJECT: ClassVar[str] = "flag_id"
    LABEL: ClassVar[str] = "key"

    flag_id: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagDeleted(Event):
    """A flag is gone; programs that ask for it get their own default."""

    TYPE: ClassVar[str] = "config.flag.deleted.v1"
    ENTITY: ClassVar[str] = "FeatureFlag"
    SUBJECT: ClassVar[str] = "flag_id"
    LABEL: ClassVar[str] = "key"

    flag_id: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentCreated(Event):
    """There is a segment by this key; it is in no environment yet."""

    TYPE: ClassVar[str] = "config.segment.created.v1"
    ENTITY: ClassVar[str] = "Segment"
    SUBJECT: ClassVar[str] = "segment_id"
    LABEL: ClassVar[str] = "key"

    segment_id: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentChanged(Event):
    """What is said about a segment is another than before, not who is in it."""

    TYPE: ClassVar[str] = "config.segment.changed.v1"
    ENTITY: ClassVar[str] = "Segment"
    SUBJECT: ClassVar[str] = "segment_id"
    LABEL: ClassVar[str] = "key"

    segment_id: str
    key: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentPublished(Event):
    """Others are in a segment of an environment, from this revision of it on."""

    TYPE: ClassVar[str] = "config.segment.published.v1"
    ENTITY: ClassVar[str] = "Segment"
    SUBJECT: ClassVar[str] = "segment_id"
    LABEL: ClassVar[str] = "key"

    segment_id: str
    key: str
    environment_id: str
    environment: str
    version: int
    revision: int
    origin: str
    removed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentDeleted(Event):
    """A segment is gone."""

    TYPE: ClassVar[str] = "config.segment.deleted.v1"
    ENTITY: ClassVar[str] = "Segment"
    SUBJECT: ClassVar[str] = "segment_id"
    LABEL: ClassVar[str] = "key"

    segment_id: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentCreated(Event):
    """There is another place to publish in."""

    TYPE: ClassVar[str] = "config.environment.created.v1"
    ENTITY: ClassVar[str] = "Environment"
    SUBJECT: ClassVar[str] = "environment_id"
    LABEL: ClassVar[str] = "key"

    environment_id: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentChanged(Event):
    """What is said about an environment is another than before; not what is published in it."""

    TYPE: ClassVar[str] = "config.environment.changed.v1"
    ENTITY: ClassVar[str] = "Environment"
    SUBJECT: ClassVar[str] = "environment_id"
    LABEL: ClassVar[str] = "key"

    environment_id: str
    key: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentPublished(Event):
    """Something is served otherwise in an environment, from this revision on."""

    TYPE: ClassVar[str] = "config.environment.published.v1"
    ENTITY: ClassVar[str] = "Environment"
    SUBJECT: ClassVar[str] = "environment_id"
    LABEL: ClassVar[str] = "key"

    environment_id: str
    key: str
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentExposed(Event):
    """Some have got variants of flags: of each the flag, its version, the variant, and who.

    They are under pseudonyms, which are the same in all events of a tenant. Told once a day of
    somebody and a variant, and at times again. Only of flags with an exposure rate.
    """

    TYPE: ClassVar[str] = "config.environment.exposed.v1"
    ENTITY: ClassVar[str] = "Environment"
    SUBJECT: ClassVar[str] = "environment_id"
    LABEL: ClassVar[str] = "key"

    environment_id: str
    key: str
    #: Keys; the four lists are equally long.
    flags: tuple[str, ...]
    versions: tuple[int, ...]
    variants: tuple[str, ...]
    subjects: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentDeleted(Event):
    """An environment is gone, with everything that was published in it."""

    TYPE: ClassVar[str] = "config.environment.deleted.v1"
    ENTITY: ClassVar[str] = "Environment"
    SUBJECT: ClassVar[str] = "environment_id"
    LABEL: ClassVar[str] = "key"

    environment_id: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentKeyCreated(Event):
    """A key evaluates flags of an environment. The key itself is never told."""

    TYPE: ClassVar[str] = "config.key.created.v1"
    ENTITY: ClassVar[str] = "EnvironmentKey"
    SUBJECT: ClassVar[str] = "key_id"
    LABEL: ClassVar[str] = "name"

    key_id: str
    name: str
    environment_id: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentKeyRotated(Event):
    """A key has another secret."""

    TYPE: ClassVar[str] = "config.key.rotated.v1"
    ENTITY: ClassVar[str] = "EnvironmentKey"
    SUBJECT: ClassVar[str] = "key_id"
    LABEL: ClassVar[str] = "name"

    key_id: str
    name: str
    environment_id: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentKeyRevoked(Event):
    """A key opens nothing any more."""

    TYPE: ClassVar[str] = "config.key.revoked.v1"
    ENTITY: ClassVar[str] = "EnvironmentKey"
    SUBJECT: ClassVar[str] = "key_id"
    LABEL: ClassVar[str] = "name"

    key_id: str
    name: str
    environment_id: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestMoved(Event):
    """A change request is in another state.

    draft, in_review, approved, scheduled, applied, rejected, withdrawn or conflicted.
    """

    TYPE: ClassVar[str] = "config.request.moved.v1"
    ENTITY: ClassVar[str] = "ChangeRequest"
    SUBJECT: ClassVar[str] = "request_id"
    LABEL: ClassVar[str] = "title"

    request_id: str
    title: str
    environment_id: str
    state: str
    #: Why it could not be published; nothing in any other state.
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutMoved(Event):
    """A rollout took a step, or is in another state.

    running, paused, done, rolled_back or cancelled.
    """

    TYPE: ClassVar[str] = "config.rollout.moved.v1"
    ENTITY: ClassVar[str] = "RolloutPlan"
    SUBJECT: ClassVar[str] = "rollout_id"

    rollout_id: str
    flag_id: str
    environment_id: str
    variant: str
    #: Of those who got the default, so many have the variant.
    percent: float
    state: str
    #: Why it was paused or rolled back; nothing in any other state.
    problem: str
