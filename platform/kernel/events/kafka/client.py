"""Who we are to the brokers: what every client of librdkafka is configured with."""

import logging
import socket
from typing import Any

import orjson
from confluent_kafka import KafkaError, KafkaException
from django.conf import settings

from kernel.events.kafka.log import Seldom

#: Where librdkafka's own lines go.
logger = logging.getLogger("kernel.events.kafka.client")
logger.addFilter(Seldom())

#: How long a question to the cluster may take: topics, offsets, groups. A relay that asks one must
#: not lose its lease meanwhile.
REQUEST_SECONDS = 5.0
#: How often a client that is there for long sees whether it still knows a broker.
STATISTICS_SECONDS = 5


def prefixed(name: str) -> str:
    """Return the name of a topic or group as the cluster knows it."""
    return f"{settings.KAFKA_PREFIX}{name}"


def configuration(**more: Any) -> dict[str, Any]:
    """Return librdkafka's configuration by the settings, with more of it; dots as underscores.

    `configuration(group_id="audit.trail")` has `group.id`.
    """
    told = {
        "bootstrap.servers": ",".join(settings.KAFKA_BOOTSTRAP_SERVERS),
        "client.id": prefixed(f"septet-{socket.gethostname()}"),
        "logger": logger,
        "security.protocol": settings.KAFKA_SECURITY_PROTOCOL,
        # Brokers that come back after a while are found within a second.
        "reconnect.backoff.max.ms": 1_000,
        "socket.connection.setup.timeout.ms": 5_000,
        # Small requests must not wait for more of them (Nagle).
        "socket.nagle.disable": True,
        # Topics are made by `topics`, with partitions and retention; never by a typing error.
        "allow.auto.create.topics": False,
    }
    if "SASL" in settings.KAFKA_SECURITY_PROTOCOL:
        told |= {
            "sasl.mechanism": settings.KAFKA_SASL_MECHANISM,
            "sasl.username": settings.KAFKA_SASL_USERNAME,
            "sasl.password": settings.KAFKA_SASL_PASSWORD,
        }
    if settings.KAFKA_SECURITY_PROTOCOL.endswith("SSL"):
        files = {
            "ssl.ca.location": settings.KAFKA_CA_FILE,
            "ssl.certificate.location": settings.KAFKA_CERTIFICATE_FILE,
            "ssl.key.location": settings.KAFKA_KEY_FILE,
        }
        told |= {name: path for name, path in files.items() if path}
    return told | {name.replace("_", "."): value for name, value in more.items()}


class Brokers:
    """Whether a client still knows any.

    A broker that its controller has given up for a moment, since both stood still, tells of no
    broker, not even of itself. librdkafka may believe it and forget all, for ever (its issue 5301).
    Its coordinator still takes a reader for a member, so that nobody else gets its partitions.
    """

    def __init__(self) -> None:
        self._are_known = True

    def configuration(self) -> dict[str, Any]:
        """Return what a client is configured with so that it tells us."""
        return {
            "statistics.interval.ms": STATISTICS_SECONDS * 1_000,
            "stats_cb": self.told,
        }

    def told(self, statistics: str) -> None:
        """Hear a client's statistics."""
        brokers = orjson.loads(statistics)["brokers"].values()
        self._are_known = any(broker["source"] != "logical" for broker in brokers)

    def check(self) -> None:
        """Raise KafkaException when none is known: then another client is needed."""
        if not self._are_known:
            raise KafkaException(KafkaError(KafkaError._ALL_BROKERS_DOWN, "no broker is known"))
