"""All events as one AsyncAPI 3 document."""

from typing import Any

from contracts.event import Event, app_of, topic_of
from contracts.json_schema import schema_of


def asyncapi_document(
    types: dict[str, type[Event]], *, version: str, groups: dict[str, list[str]]
) -> dict[str, Any]:
    """Return the document: a channel for each topic, who sends to it, and which groups receive.

    `groups` tells the event types of each consumer group.
    """
    topics: dict[str, list[str]] = {}
    for type_ in types:
        topics.setdefault(topic_of(type_), []).append(type_)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Septet's events",
            "version": version,
            "description": (
                "CloudEvents 1.0. Each arrives at least once, those of one key in order."
            ),
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": {topic: _channel(topic, inside) for topic, inside in topics.items()},
        "operations": {
            **{
                f"send_{topic}": _operation("send", topic, inside)
                for topic, inside in topics.items()
            },
            **{
                f"{group}_receives_{topic}": _operation("receive", topic, inside)
                for group, handled in groups.items()
                for topic, inside in _by_topic(handled).items()
            },
        },
        "components": {
            "messages": {type_: _message(cls) for type_, cls in types.items()},
            "schemas": {"cloudevent": _cloud_event()},
        },
    }


def _channel(topic: str, types: list[str]) -> dict[str, Any]:
    return {
        "address": topic,
        "description": f"What {app_of(topic)} tells of its {topic.partition('.')[2]}.",
        "messages": {type_: {"$ref": f"#/components/messages/{type_}"} for type_ in types},
    }


def _operation(action: str, topic: str, types: list[str]) -> dict[str, Any]:
    channel = f"#/channels/{topic}"
    return {
        "action": action,
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{type_}"} for type_ in types],
    }


def _message(cls: type[Event]) -> dict[str, Any]:
    schema = schema_of(cls)
    data = {name: value for name, value in schema.items() if not name.startswith("$")}
    return {
        "name": cls.TYPE,
        "title": cls.__name__,
        "summary": schema["description"],
        "payload": {
            "allOf": [
                {"$ref": "#/components/schemas/cloudevent"},
                {
                    "type": "object",
                    "properties": {
                        "type": {"const": cls.TYPE},
                        "subject": {"description": f"The event's {cls.SUBJECT}."},
                        "data": data,
                    },
                },
            ]
        },
    }


def _cloud_event() -> dict[str, Any]:
    told = {
        "specversion": "1.0",
        "id": "A UUIDv7; the same when it arrives again.",
        "source": "The service it comes from.",
        "type": "What it tells, with its version.",
        "subject": "The id of what it happened to.",
        "time": "When it happened.",
        "datacontenttype": "application/json",
        "dataschema": "The name of the JSON Schema of its data.",
        "partitionkey": "Tenant and subject. Events of one key stay in order.",
        "tenant": "The tenant it is of; absent when it concerns none.",
        "traceparent": "W3C Trace Context.",
        "authtype": "The kind of who did it, as in CloudEvents' Auth Context.",
        "authid": "The id of who did it.",
        "authname": "The name of who did it.",
    }
    return {
        "type": "object",
        "required": ["specversion", "id", "source", "type", "time", "partitionkey", "data"],
        "properties": {
            **{name: {"type": "string", "description": text} for name, text in told.items()},
            "data": {"type": "object"},
        },
    }


def _by_topic(types: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for type_ in types:
        found.setdefault(topic_of(type_), []).append(type_)
    return found
