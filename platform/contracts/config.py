"""What happens to feature flags."""

from dataclasses import dataclass
from typing import ClassVar

from contracts.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagCreated(Event):
    """There is a flag by this key."""

    TYPE: ClassVar[str] = "config.flag.created.v1"
    ENTITY: ClassVar[str] = "FeatureFlag"
    SUBJECT: ClassVar[str] = "flag_id"
    LABEL: ClassVar[str] = "key"

    flag_id: str
    key: str
    enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagChanged(Event):
    """A flag is another than before; the fields named are those that were set."""

    TYPE: ClassVar[str] = "config.flag.changed.v1"
    ENTITY: ClassVar[str] = "FeatureFlag"
    SUBJECT: ClassVar[str] = "flag_id"
    LABEL: ClassVar[str] = "key"

    flag_id: str
    key: str
    enabled: bool
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagDeleted(Event):
    """A flag is gone; programs that ask for it get their own default."""

    TYPE: ClassVar[str] = "config.flag.deleted.v1"
    ENTITY: ClassVar[str] = "FeatureFlag"
    SUBJECT: ClassVar[str] = "flag_id"
    LABEL: ClassVar[str] = "key"

    flag_id: str
    key: str
