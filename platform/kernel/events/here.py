"""How events travel from this process, and the threads that do it."""

import logging
import os
from collections.abc import Collection
from functools import lru_cache

from django.conf import settings

from kernel.events.in_process import InProcess
from kernel.events.registry import groups_of
from kernel.events.threads import EventThreads
from kernel.events.transport import Transport
from kernel.services import BY_NAME

logger = logging.getLogger(__name__)


def transport() -> Transport:
    """Return the transport that the settings choose, for questions: a process has one of them."""
    if settings.KAFKA_BOOTSTRAP_SERVERS:
        return _asked(os.getpid(), settings.KAFKA_BOOTSTRAP_SERVERS)
    return _made()


@lru_cache(maxsize=1)
def _asked(_process: int, _servers: tuple[str, ...]) -> Transport:
    # It keeps its connections, which no fork may share.
    return _made()


def _made() -> Transport:
    if settings.KAFKA_BOOTSTRAP_SERVERS:
        # Costs a process 50 ms at its start, so only where it is used.
        from kernel.events.kafka.transport import Kafka  # noqa: PLC0415

        return Kafka()
    return InProcess(isolated=bool(missing_services()))


def missing_services() -> list[str]:
    """Return the services whose handlers this process cannot reach, for it has no broker."""
    if settings.KAFKA_BOOTSTRAP_SERVERS:
        return []
    return [name for name in BY_NAME if name not in settings.SERVICES]


def threads_here(*, relays: bool = True, groups: Collection[str] | None = None) -> EventThreads:
    """Return threads that relay, and consume for these groups or for all that are here.

    Raises LookupError for a group that is not here.
    """
    if missing := missing_services():
        logger.warning(
            "events are isolated: without a broker they do not reach %s, and are kept for them",
            ", ".join(missing),
        )
    return EventThreads(
        _made(),
        relays=relays,
        groups=groups_of(groups),
        threads=settings.CONSUMER_THREADS,
    )


def check() -> str:
    """Say for readiness how events travel."""
    if missing := missing_services():
        return f"isolated: they do not reach {', '.join(missing)}"
    # Whether brokers answer is no matter of readiness: what is published waits in the outbox.
    return "over Kafka" if settings.KAFKA_BOOTSTRAP_SERVERS else "in process"
