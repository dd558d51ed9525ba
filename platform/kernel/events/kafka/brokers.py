"""What the brokers are asked to be set to, and are not."""

from functools import cache

from confluent_kafka import KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # it does not say what it exports
    AdminClient,
    ConfigResource,
    ResourceType,
)
from django.conf import settings

from kernel.events.kafka.client import REQUEST_SECONDS, configuration
from kernel.events.kafka.membership import SESSION_SECONDS
from kernel.observability.health import DegradedError

_SESSION = "group.consumer.session.timeout.ms"


def check() -> str:
    """Say for readiness whether brokers answer; without them events wait in the outbox."""
    try:
        brokers = _asking().list_topics(timeout=REQUEST_SECONDS).brokers
    except KafkaException as error:
        # It may have forgotten all brokers for ever (`client.Brokers`).
        _asking.cache_clear()
        raise DegradedError(f"does not answer ({error.args[0].name()}); events wait") from None
    return f"{len(brokers)} brokers"


@cache
def _asking() -> AdminClient:
    return AdminClient(configuration())


def late_takeover() -> str:
    """Return what to change where brokers miss a reader that was killed later than we promise.

    Empty, too, where they do not decide it, or do not tell us; raises KafkaException.
    """
    if settings.KAFKA_GROUP_PROTOCOL != "consumer":
        return ""
    seconds = _session_seconds()
    if seconds <= SESSION_SECONDS:
        return ""
    return (
        f"what a killed process reads rests for {seconds:g} s: set {_SESSION} of the brokers to"
        f" {SESSION_SECONDS * 1000} or KAFKA_GROUP_PROTOCOL to classic; see docs/events.md"
    )


def _session_seconds() -> float:
    """Return the longest that any broker waits for a silent member of a group."""
    admin = AdminClient(configuration())
    brokers = admin.list_topics(timeout=REQUEST_SECONDS).brokers
    asked = [ConfigResource(ResourceType.BROKER, str(number)) for number in brokers]
    told = admin.describe_configs(asked, request_timeout=REQUEST_SECONDS).values()
    longest = 0.0
    for future in told:
        try:
            entries = future.result(REQUEST_SECONDS)
        except KafkaException:
            # Not everybody may know; whether topics are in order does not depend on it.
            continue
        if _SESSION in entries:
            longest = max(longest, int(entries[_SESSION].value) / 1000)
    return longest
