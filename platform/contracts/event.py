"""What every event is: a fact in the past tense, with a type that never changes its meaning."""

import re
from dataclasses import dataclass
from typing import ClassVar

#: `<app>.<entity>.<past participle>.v<n>`
_TYPE = re.compile(r"(?P<app>[a-z]+)\.(?P<entity>[a-z]+)\.[a-z]+(_[a-z]+)*\.v[1-9][0-9]*")

REGISTRY: dict[str, type["Event"]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A fact. Fields are added with a default, never renamed, removed or given another type.

    A changed meaning is a `v2` beside the `v1`. Ids and facts, not whole rows.
    """

    TYPE: ClassVar[str]
    #: What it happened to, by its name in the graph.
    ENTITY: ClassVar[str]
    #: The field that holds the id of that. Events of one subject stay in order.
    SUBJECT: ClassVar[str]
    #: The field by which people know it, if there is one.
    LABEL: ClassVar[str] = ""
    #: Made of what somebody outside says, who may be anybody: it is for its own intake alone.
    UNJUDGED: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        # Called twice for each class: `slots=True` makes a second one of it.
        if not _TYPE.fullmatch(cls.TYPE):
            raise ValueError(f"{cls.__name__}: {cls.TYPE} is not <app>.<entity>.<participle>.v<n>")
        for name in (cls.SUBJECT, *([cls.LABEL] if cls.LABEL else [])):
            if name not in cls.__annotations__:
                raise ValueError(f"{cls.__name__} has no field {name}")
        other = REGISTRY.get(cls.TYPE, cls)
        if (other.__module__, other.__name__) != (cls.__module__, cls.__name__):
            raise ValueError(f"{cls.__name__} and {other.__name__} both have the type {cls.TYPE}")
        REGISTRY[cls.TYPE] = cls

    @property
    def subject(self) -> str:
        """The id of what it happened to."""
        return str(getattr(self, self.SUBJECT))

    @property
    def label(self) -> str:
        """What people call it, or nothing."""
        return str(getattr(self, self.LABEL)) if self.LABEL else ""

    @property
    def entity(self) -> str:
        """The kind of thing it happened to."""
        return self.ENTITY


def app_of(type_: str) -> str:
    """Return the app that an event type begins with: the one that publishes it."""
    return type_.partition(".")[0]


def topic_of(type_: str) -> str:
    """Return the topic of an event type: all types of an entity share one, to stay in order."""
    return ".".join(type_.split(".")[:2])
