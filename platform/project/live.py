"""Probes of a running installation: each does for real what it says works, and is timed."""

import io
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core.mail import get_connection
from django.db import connection, connections, transaction

from contracts.staff import StaffActed
from kernel import clock
from kernel.database.replicas import replicas
from kernel.events.models import Handled, OutboxEvent, OutboxState
from kernel.events.publishing import publish
from kernel.events.registry import GROUPS
from kernel.jobs.models import UNFINISHED, Job, JobState
from kernel.jobs.services import new_job, store_all
from kernel.observability.health import (
    DEADLINE_SECONDS,
    DegradedError,
    check_database,
    readiness,
)
from kernel.redis import standing as redis
from kernel.storage import storage
from kernel.storage.port import new_key
from project.portal.catalogue import listed

#: Clocks of hosts that agree by NTP differ by milliseconds.
MOST_SKEW = timedelta(seconds=1)
#: How often a probe looks whether others have done their part.
LOOK_SECONDS = 0.1


class ProbeError(Exception):
    """What was promised did not happen; with what to do next."""


@dataclass(frozen=True, slots=True)
class Probed:
    """What came of one probe."""

    name: str
    ok: bool
    detail: str
    milliseconds: float


Probe = Callable[[float], str]


def probed(patience: float) -> Iterator[Probed]:
    """Probe one part after the other; none waits longer for others than this many seconds."""
    # A process that has just begun reads all migrations first, which one that serves has done.
    for name, found in readiness(max(patience, DEADLINE_SECONDS)).items():
        # What readiness knows of these is what somebody found before.
        if name in PROBES:
            continue
        yield Probed(f"ready: {name}", found.state == "ok", found.detail, 0)
    for name, ask in PROBES.items():
        began = time.perf_counter()
        try:
            ok, detail = True, ask(patience)
        except (ProbeError, DegradedError) as error:
            ok, detail = False, str(error)
        except Exception as error:  # noqa: BLE001  whatever it is, this part does not work
            ok, detail = False, f"{type(error).__name__}; see docs/observability.md"
        yield Probed(name, ok, detail, round(1000 * (time.perf_counter() - began), 1))


def _database(_patience: float) -> str:
    return f"{connection.display_name} {check_database()}"


def _redis(_patience: float) -> str:
    return redis.check() if settings.REDIS_URL else "none"


def _kafka(_patience: float) -> str:
    if not settings.KAFKA_BOOTSTRAP_SERVERS:
        return "none"
    # Costs a process 50 ms at its start, so only where it is used.
    from kernel.events.kafka import brokers  # noqa: PLC0415

    return brokers.check()


def _broker(_patience: float) -> str:
    if not settings.CELERY_BROKER_URL:
        return "none"
    from kernel.celery import broker  # noqa: PLC0415  costs a third of a second

    broker.check()
    return "answers"


def _mail(_patience: float) -> str:
    """Begin a session with the mail server, as whoever sends does; nothing is sent."""
    if not settings.EMAIL_BACKEND.endswith("smtp.EmailBackend"):
        return f"none: {settings.EMAIL_BACKEND.split('.')[-2]}"
    try:
        with get_connection():
            return "takes mail"
    except OSError as error:
        raise ProbeError(
            f"{type(error).__name__}: see EMAIL_URL, and the server's own logs"
        ) from None


def _services(_patience: float) -> str:
    """Ask one process of each service that this one does not serve."""
    elsewhere = [one for one in listed("", "up", ask_others=True) if not one.served_here]
    if wrong := [f"{one.service.name} is {one.health}" for one in elsewhere if one.health != "up"]:
        raise ProbeError(f"{', '.join(wrong)}: see SERVICE_URLS, and /health/ready of each")
    return f"{len(elsewhere)} elsewhere, all up" if elsewhere else "all in this process"


def _clock(_patience: float) -> str:
    if connection.vendor != "postgresql":
        return "one host, one clock"
    before = clock.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (there,) = cursor.fetchone() or (before,)
    after = clock.now()
    skew = max(before - there, there - after, timedelta())
    if skew > MOST_SKEW:
        raise ProbeError(
            f"this host and the database differ by {skew.total_seconds():.1f} s:"
            " leases and schedules go by clocks; mend NTP"
        )
    return f"differs by less than {MOST_SKEW.total_seconds():g} s"


def _replicas(_patience: float) -> str:
    told = []
    for one in replicas():
        with connections[one.alias].cursor() as cursor:
            cursor.execute(
                "SELECT CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0"
                " ELSE extract(epoch FROM now() - pg_last_xact_replay_timestamp()) END"
            )
            (lag,) = cursor.fetchone() or (None,)
        if lag is None or lag > settings.DATABASE_REPLICA_LAG.total_seconds():
            raise ProbeError(
                f"{one.alias} is {'no replica' if lag is None else f'{lag:.1f} s behind'};"
                " the primary is read instead; see docs/database.md"
            )
        told.append(f"{one.alias} {float(lag):.1f} s behind")
    return ", ".join(told) or "none"


def _storage(_patience: float) -> str:
    place, key, written = storage(), new_key("kernel"), clock.now().isoformat().encode()
    place.save(key, io.BytesIO(written))
    try:
        if b"".join(place.read(key)) != written:
            raise ProbeError("gave back something else than was saved: see its own logs")
    finally:
        place.delete(key)
    if place.exists(key):
        raise ProbeError("keeps what was deleted: see the rights of its key")
    return "saved, read and deleted"


def _events(patience: float) -> str:
    try:
        _kafka(patience)
    except DegradedError as error:
        # No relay could take one, however long anybody waits.
        raise ProbeError(f"not tried: Kafka {error}") from None
    with transaction.atomic():
        told = StaffActed(app="kernel", model="Doctor", action="probe", count=1)
        event_id = publish(told)
    group = next((one.name for one in GROUPS.values() if StaffActed.TYPE in one.handlers), "")
    _wait(patience, lambda: _is_sent(event_id), "no relay took it from the outbox")
    if not group:
        return "sent; nobody here handles it"
    handled = Handled.objects.filter(group=group, event_id=event_id)
    _wait(patience, handled.exists, f"{group} has not handled it")
    return f"from the outbox to {group}"


def _is_sent(event_id: UUID) -> bool:
    rows = OutboxEvent.objects.filter(event_id=event_id)
    return not rows.filter(state=OutboxState.WAITING).exists()


def _jobs(patience: float) -> str:
    waiting = new_job("kernel.probe")
    store_all([waiting])
    rows = Job.objects.filter(pk=waiting.pk)
    try:
        _wait(patience, lambda: not rows.filter(UNFINISHED).exists(), "no worker has done it")
    except ProbeError:
        # Nobody is to find it undone later and wonder.
        rows.filter(state=JobState.QUEUED).delete()
        raise
    state = rows.values_list("state", flat=True).get()
    if state != JobState.DONE:
        raise ProbeError(f"it has {state}; its page in the back office says why")
    return "done by a worker"


def _wait(patience: float, happened: Callable[[], bool], otherwise: str) -> None:
    until = time.monotonic() + patience
    while not happened():
        if time.monotonic() >= until:
            raise ProbeError(
                f"{otherwise} within {patience:g} s: is a process running that does?"
                " `manage.py serve`, `relay`, `consume` or `worker`"
            )
        time.sleep(LOOK_SECONDS)


PROBES: dict[str, Probe] = {
    "database": _database,
    "redis": _redis,
    "kafka": _kafka,
    "broker": _broker,
    "mail": _mail,
    "services": _services,
    "clock": _clock,
    "replicas": _replicas,
    "storage": _storage,
    "event": _events,
    "job": _jobs,
}
