"""The topics of events: which there are to be, how they are, and making those that are missing."""

from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # it does not say what it exports
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)
from confluent_kafka.cimpl import NewPartitions, NewTopic
from django.conf import settings

from contracts.catalogue import event_types
from kernel.events.foreign import topic_of
from kernel.events.kafka.client import REQUEST_SECONDS, configuration, prefixed

#: A topic is deleted a segment at a time, so this is how much longer than told events may stay.
SEGMENT = timedelta(days=1)
#: What a cluster says of a retention without an end.
FOR_EVER = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A topic as the cluster has it."""

    name: str
    partitions: int
    replication: int
    retention_ms: int

    def drift(self) -> Iterator[str]:
        """Return how it is not as the settings say, a sentence each."""
        if self.partitions != settings.KAFKA_PARTITIONS:
            yield f"{self.partitions} partitions, expected {settings.KAFKA_PARTITIONS}"
        if settings.KAFKA_REPLICATION not in {0, self.replication}:
            yield f"{self.replication} copies, expected {settings.KAFKA_REPLICATION}"
        if self.retention_ms != retention_ms():
            yield f"kept {span(self.retention_ms)}, expected {span(retention_ms())}"

    def forgets_too_early(self) -> bool:
        """Say whether it keeps events for less than it should."""
        return FOR_EVER < self.retention_ms < retention_ms()


def declared() -> list[str]:
    """Return the full name of the topic of every event that there is."""
    return sorted({prefixed(topic_of(type_)) for type_ in event_types()})


def retention_ms() -> int:
    """Return how long topics are to keep events, in milliseconds."""
    return round(settings.EVENT_RETENTION.total_seconds() * 1000)


def span(milliseconds: int) -> str:
    """Return a length of time for people."""
    if milliseconds == FOR_EVER:
        return "for ever"
    return str(timedelta(milliseconds=milliseconds)).removesuffix(", 0:00:00")


def found(names: Collection[str]) -> dict[str, Topic]:
    """Return those of the topics that are there; raises KafkaException."""
    admin = AdminClient(configuration())
    there = admin.list_topics(timeout=REQUEST_SECONDS).topics
    resources = [ConfigResource(ResourceType.TOPIC, name) for name in names if name in there]
    if not resources:
        return {}
    told = _results(admin.describe_configs(resources, request_timeout=REQUEST_SECONDS))
    return {
        resource.name: Topic(
            name=resource.name,
            partitions=len(there[resource.name].partitions),
            replication=min(len(one.replicas) for one in there[resource.name].partitions.values()),
            retention_ms=int(entries["retention.ms"].value),
        )
        for resource, entries in told.items()
    }


def make_missing(names: Collection[str]) -> list[str]:
    """Make the topics that are not there, by their full names; return which these were.

    Raises KafkaException when the cluster does not answer, or does not let us.
    """
    admin = AdminClient(configuration())
    missing = sorted(set(names) - set(admin.list_topics(timeout=REQUEST_SECONDS).topics))
    if missing:
        futures = admin.create_topics(
            [
                NewTopic(
                    name,
                    num_partitions=settings.KAFKA_PARTITIONS,
                    replication_factor=settings.KAFKA_REPLICATION or -1,
                    config=_configuration(),
                )
                for name in missing
            ],
            request_timeout=REQUEST_SECONDS,
        )
        # Another relay, of another database, may have been quicker.
        _results(futures, bearing=KafkaError.TOPIC_ALREADY_EXISTS)
    return missing


def keep_longer(names: Collection[str]) -> None:
    """Let topics keep events for as long as the settings say."""
    entry = ConfigEntry(
        "retention.ms", str(retention_ms()), incremental_operation=AlterConfigOpType.SET
    )
    resources = [
        ConfigResource(ResourceType.TOPIC, name, incremental_configs=[entry]) for name in names
    ]
    admin = AdminClient(configuration())
    _results(admin.incremental_alter_configs(resources, request_timeout=REQUEST_SECONDS))


def add_partitions(names: Collection[str]) -> None:
    """Give topics as many partitions as the settings say; keys move to others by that."""
    wanted = [NewPartitions(name, settings.KAFKA_PARTITIONS) for name in names]
    admin = AdminClient(configuration())
    _results(admin.create_partitions(wanted, request_timeout=REQUEST_SECONDS))


def _configuration() -> dict[str, str]:
    told = {
        "cleanup.policy": "delete",
        "retention.ms": str(retention_ms()),
        "segment.ms": str(min(round(SEGMENT.total_seconds() * 1000), retention_ms())),
    }
    if settings.KAFKA_REPLICATION > 1:
        # What was acknowledged survives the loss of one broker, and one may be down meanwhile.
        told["min.insync.replicas"] = str(settings.KAFKA_REPLICATION - 1)
    return told


def _results(futures: Mapping[Any, Future[Any]], *, bearing: int | None = None) -> dict[Any, Any]:
    results = {}
    for name, future in futures.items():
        try:
            results[name] = future.result(REQUEST_SECONDS)
        except TimeoutError:
            late = f"no answer about {name} within {REQUEST_SECONDS} s; it may be done all the same"
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT, late)) from None
        except KafkaException as error:
            if error.args[0].code() != bearing:
                raise
    return results
