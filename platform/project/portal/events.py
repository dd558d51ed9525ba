"""The catalogue of events: what is told, to whom, and how it looks."""

import inspect
import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from contracts.catalogue import event_types
from contracts.event import Event, app_of, topic_of
from contracts.examples import example_of, webhook_example_of
from contracts.json_schema import schema_of
from kernel.events.registry import GROUPS
from kernel.services import BY_NAME
from project.events_page import WEBHOOKS, asyncapi

#: Where a class has a property of that name.
EventClass = type[Event]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an event's data."""

    name: str
    type: str
    required: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """An event as the portal shows it."""

    cls: EventClass

    @property
    def type(self) -> str:
        """Its type, which is its address too."""
        return self.cls.TYPE

    @property
    def summary(self) -> str:
        """What it tells."""
        return " ".join(inspect.cleandoc(self.cls.__doc__ or "").replace("`", "").split())

    @property
    def topic(self) -> str:
        """Where it is told over Kafka."""
        return topic_of(self.type)

    @property
    def subject(self) -> str:
        """The field that holds the id of what it happened to."""
        return self.cls.SUBJECT

    @property
    def fields(self) -> list[Field]:
        """The fields of its data."""
        schema = schema_of(self.cls)
        return [
            Field(name, _type_told(one), name in schema["required"])
            for name, one in schema["properties"].items()
        ]

    @property
    def handled_by(self) -> list[str]:
        """The consumer groups of this process that handle it."""
        return [name for name, group in sorted(GROUPS.items()) if self.type in group.handlers]

    @property
    def posted(self) -> bool:
        """Whether endpoints of tenants can hear it."""
        return WEBHOOKS in self.handled_by

    @property
    def example(self) -> str:
        """The CloudEvent."""
        return _json(example_of(self.cls))

    @property
    def webhook_example(self) -> str:
        """The body of what an endpoint is posted."""
        return _json(webhook_example_of(self.cls))

    @property
    def schema(self) -> str:
        """The JSON Schema of its data."""
        return _json(schema_of(self.cls))


def shown_event(type_: str) -> Shown | None:
    """Return the event of a type, if there is one."""
    cls = event_types().get(type_)
    return Shown(cls) if cls else None


def shown_services() -> dict[str, list[Shown]]:
    """Return all events by who tells them: services in their order, then the platform."""
    found: dict[str, list[Shown]] = {name: [] for name in BY_NAME}
    for type_, cls in event_types().items():
        found.setdefault(app_of(type_), []).append(Shown(cls))
    return {_title(name): events for name, events in found.items() if events}


@cache
def asyncapi_text() -> str:
    """Return all events as an AsyncAPI document; it stays the same while the process lives."""
    return _json(asyncapi())


def _title(app: str) -> str:
    return BY_NAME[app].title if app in BY_NAME else app.title()


def _type_told(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return " or ".join(json.dumps(one) for one in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(_type_told(one) for one in schema["anyOf"])
    if schema["type"] == "array":
        return f"list of {_type_told(schema['items'])}"
    return str(schema.get("format", schema["type"]))


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
