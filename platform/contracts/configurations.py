"""Events of configuration: what it is, what is said, and how a value is deployed."""

from dataclasses import dataclass
from typing import ClassVar

from contracts.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationCreated(Event):
    """There is a configuration by this key; nothing is said of it yet."""

    TYPE: ClassVar[str] = "config.configuration.created.v1"
    ENTITY: ClassVar[str] = "Configuration"
    SUBJECT: ClassVar[str] = "configuration_id"
    LABEL: ClassVar[str] = "key"

    configuration_id: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationChanged(Event):
    """A configuration is described anew; the fields named are those that were set."""

    TYPE: ClassVar[str] = "config.configuration.changed.v1"
    ENTITY: ClassVar[str] = "Configuration"
    SUBJECT: ClassVar[str] = "configuration_id"
    LABEL: ClassVar[str] = "key"

    configuration_id: str
    key: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationDeleted(Event):
    """A configuration is gone, with all that its owner said of it."""

    TYPE: ClassVar[str] = "config.configuration.deleted.v1"
    ENTITY: ClassVar[str] = "Configuration"
    SUBJECT: ClassVar[str] = "configuration_id"
    LABEL: ClassVar[str] = "key"

    configuration_id: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationValuePublished(Event):
    """Something else is said of a configuration in a place; what, an event never tells."""

    TYPE: ClassVar[str] = "config.value.published.v1"
    ENTITY: ClassVar[str] = "Configuration"
    SUBJECT: ClassVar[str] = "configuration_id"
    LABEL: ClassVar[str] = "key"

    configuration_id: str
    key: str
    layer: str
    environment: str
    service: str
    version: int
    revision: int
    origin: str
    removed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationDeploymentMoved(Event):
    """A value that is being deployed took a step, or its deployment is in another state.

    running, paused, done or rolled_back.
    """

    TYPE: ClassVar[str] = "config.deployment.moved.v1"
    ENTITY: ClassVar[str] = "ConfigurationDeployment"
    SUBJECT: ClassVar[str] = "deployment_id"
    LABEL: ClassVar[str] = "key"

    deployment_id: str
    key: str
    environment: str
    service: str
    #: Of those who read the key in its place, so many have the value.
    percent: float
    state: str
    #: Why it was rolled back; nothing in any other state.
    problem: str
