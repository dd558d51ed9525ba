"""All events as one AsyncAPI 3 document."""

from typing import Any

from contracts.event import Event, app_of, topic_of
from contracts.examples import example_of, webhook_example_of
from contracts.json_schema import schema_of

#: The channel of what is posted to endpoints of tenants.
_WEBHOOKS = "webhooks"
_POST = {
    "action": "send",
    "channel": {"$ref": f"#/channels/{_WEBHOOKS}"},
    "bindings": {"http": {"method": "POST"}},
}


def asyncapi_document(
    types: dict[str, type[Event]],
    *,
    version: str,
    groups: dict[str, list[str]],
    posted: list[str],
) -> dict[str, Any]:
    """Return the document: a channel for each topic, who sends to it, and which groups receive.

    `groups` tells the event types of each consumer group, `posted` those that endpoints of tenants
    are posted: these have a channel of their own, for they arrive otherwise.
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
        "channels": {
            **{topic: _channel(topic, inside) for topic, inside in topics.items()},
            **({_WEBHOOKS: _webhook_channel()} if posted else {}),
        },
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
            **({"post_webhooks": _POST} if posted else {}),
        },
        "components": {
            "messages": {
                **{type_: _message(cls) for type_, cls in types.items()},
                **(
                    {"webhook": _webhook_message([types[type_] for type_ in posted])}
                    if posted
                    else {}
                ),
            },
            "schemas": {
                "cloudevent": _cloud_event(),
                "webhookheaders": _webhook_headers(),
                **{type_: _data_schema(cls) for type_, cls in types.items()},
            },
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


def _webhook_channel() -> dict[str, Any]:
    return {
        # Each tenant names its own.
        "address": None,
        "description": (
            "What is posted to an endpoint of a tenant, of the events that it hears: signed as"
            " Standard Webhooks 1.0.0 has it, and again until it is answered with 2xx."
        ),
        "messages": {"webhook": {"$ref": "#/components/messages/webhook"}},
    }


def _message(cls: type[Event]) -> dict[str, Any]:
    return {
        **_told(cls),
        "payload": {
            "allOf": [
                {"$ref": "#/components/schemas/cloudevent"},
                {
                    "type": "object",
                    "properties": {
                        "type": {"const": cls.TYPE},
                        "subject": {"description": f"The event's {cls.SUBJECT}."},
                        "data": {"$ref": f"#/components/schemas/{cls.TYPE}"},
                    },
                },
            ]
        },
        "examples": [{"payload": example_of(cls)}],
    }


def _webhook_message(classes: list[type[Event]]) -> dict[str, Any]:
    return {
        "name": "webhook",
        "title": "Webhook",
        "summary": "An event that an endpoint hears.",
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/webhookheaders"},
        "payload": {
            "type": "object",
            "required": ["type", "timestamp", "data"],
            "properties": {
                "timestamp": {"type": "string", "format": "date-time"},
                "truncated": {
                    "description": "There, and true, when `data` holds the subject alone.",
                    "type": "boolean",
                },
            },
            "oneOf": [
                {
                    "properties": {
                        "type": {"const": cls.TYPE},
                        "data": {"$ref": f"#/components/schemas/{cls.TYPE}"},
                    }
                }
                for cls in classes
            ],
        },
        "examples": [{"payload": webhook_example_of(cls)} for cls in classes[:1]],
    }


def _told(cls: type[Event]) -> dict[str, Any]:
    return {
        "name": cls.TYPE,
        "title": cls.__name__,
        "summary": schema_of(cls)["description"],
    }


def _data_schema(cls: type[Event]) -> dict[str, Any]:
    return {name: value for name, value in schema_of(cls).items() if not name.startswith("$")}


def _webhook_headers() -> dict[str, Any]:
    told = {
        "Webhook-Id": "The same when it is posted again.",
        "Webhook-Timestamp": "When it was posted, in seconds since 1970.",
        "Webhook-Signature": "`v1,` and an HMAC-SHA256 of id, time and body, one for each secret.",
    }
    return {
        "type": "object",
        "required": [*told],
        "properties": {
            name: {"type": "string", "description": text} for name, text in told.items()
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
