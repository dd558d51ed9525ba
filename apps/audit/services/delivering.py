"""Sending what is sealed to the ends of streams: in order, at least once, never two at a time."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from uuid import UUID

import orjson
from django.db import transaction
from django.db.models import Max

from apps.audit.adapters.stream_targets import GoneError, Target, target
from apps.audit.domain.queries import LogQuery
from apps.audit.domain.streaming import Sealed
from apps.audit.metrics import STREAM_WAITING, STREAMS_FAILING
from apps.audit.models import AuditLog, AuditStream, Leaf, LogHead, StreamState
from apps.audit.selectors.integrity import name_of_log, raw
from apps.audit.selectors.streams import with_waiting
from apps.audit.services.streams import record_change
from contracts.audit import AuditStreamDisabled
from kernel import clock
from kernel.errors import DomainError, NotFoundError
from kernel.events.publishing import publish
from kernel.faults import fault_point
from kernel.jobs.services import enqueue
from kernel.secrets.reading import read_secret
from kernel.tenancy.context import in_tenant

#: Logs of one message, and bytes of their records, whichever is less.
BATCH = 100
MOST_BYTES = 500_000
#: Messages of one job: then other streams have their turn.
MOST_MESSAGES = 50
FIRST_RETRY = timedelta(seconds=5)
LONGEST_RETRY = timedelta(minutes=15)
#: A stream that fails for so long sends no more until somebody has looked.
LASTING = timedelta(days=3)
#: Streams that are looked at together.
MOST_DUE = 500


def enqueue_due() -> int:
    """Ask for the delivery of every stream that has something to send; return how many."""
    now, asked = clock.now(), 0
    active = AuditStream.across_tenants.filter(state=StreamState.ACTIVE)
    furthest = with_waiting(active).aggregate(most=Max("waiting"))["most"]
    STREAM_WAITING.set(furthest or 0)
    STREAMS_FAILING.set(active.filter(failures__gt=0).count())
    due = active.filter(retry_at__lte=now)
    rows = list(due.order_by("retry_at").values_list("pk", "tenant_id", "position")[:MOST_DUE])
    heads = LogHead.across_tenants.filter(tenant_id__in={tenant_id for _, tenant_id, _ in rows})
    sizes = dict(heads.values_list("tenant_id", "size"))
    for pk, tenant_id, position in rows:
        if sizes.get(tenant_id, 0) > position:
            with in_tenant(tenant_id), transaction.atomic():
                key = f"audit.deliver_stream {pk}"
                asked += enqueue("audit.deliver_stream", str(pk), live_key=key) is not None
    return asked


def deliver_stream(stream_id: UUID) -> int:
    """Send what waits in a stream of the current tenant, some messages of it; return how many logs.

    A message that was not answered is sent again, with the same id if nothing else has changed.
    """
    sent = 0
    for _ in range(MOST_MESSAGES):
        stream = AuditStream.objects.filter(pk=stream_id).first()
        if stream is None or stream.state != StreamState.ACTIVE or stream.retry_at > clock.now():
            return sent
        taken = _Taken(stream)
        if taken.end == stream.position:
            return sent
        try:
            if taken.logs:
                first, last = taken.logs[0].position, taken.logs[-1].position
                _end_of(stream).send(f"{stream.pk}-{first}-{last}", taken.logs)
        except DomainError as error:
            _failed(stream, error)
            return sent
        fault_point("audit-stream-sent")
        if not _advance(stream, taken):
            # Somebody has moved it meanwhile.
            return sent
        sent += len(taken.logs)
    return sent


def send_test(stream_id: UUID) -> AuditStream:
    """Send a message that tells of nothing, to see whether it arrives; raises a DomainError."""
    stream = AuditStream.visible().filter(pk=stream_id).first()
    if stream is None:
        raise NotFoundError(f"no stream {stream_id}")
    now = clock.now().isoformat()
    record = {
        "id": str(stream.pk),
        "occurredAt": now,
        "recordedAt": now,
        "action": "audit.stream.tested",
        "actor": {"type": "service", "id": "audit", "name": ""},
        "targets": [{"type": "AuditStream", "id": str(stream.pk), "name": stream.name}],
        "context": dict.fromkeys(("ipAddress", "userAgent", "location", "requestId"), ""),
        "changes": [],
        "metadata": {},
    }
    _end_of(stream).send(f"{stream.pk}-test-{now}", [Sealed(-1, record)])
    return stream


class _Taken:
    """The next logs of a stream, and how far the stream is when they are sent."""

    def __init__(self, stream: AuditStream) -> None:
        self.logs: list[Sealed] = []
        self.missed = 0
        self.end = stream.position
        query, total = LogQuery.of(stream.query), 0
        for position, log in _sealed_from(stream.position):
            wanted = log is not None and query.matches(log)
            record = raw(log.record) if log is not None and wanted else b""
            if self.logs and total + len(record) > MOST_BYTES:
                return
            total += len(record)
            self.missed += log is None
            self.end = position + 1
            if record:
                self.logs.append(Sealed(position, orjson.loads(record)))


def _sealed_from(position: int) -> Iterator[tuple[int, AuditLog | None]]:
    size = LogHead.objects.values_list("size", flat=True).first() or 0
    span = Leaf.objects.filter(position__gte=position, position__lt=min(size, position + BATCH))
    places = iter(span.order_by("position").values_list("position", "log_id"))
    while some := list(islice(places, 20)):
        logs = AuditLog.objects.in_bulk([log_id for _, log_id in some])
        for place, log_id in some:
            yield place, logs.get(log_id)


def _end_of(stream: AuditStream) -> Target:
    key = "" if stream.secret is None else _key_of(stream)
    return target(
        stream.address,
        stream=stream.name,
        form=stream.format,
        secret=key,
        source=name_of_log(),
        tenant=str(stream.tenant_id),
    )


def _key_of(stream: AuditStream) -> str:
    return read_secret(stream, "secret", purpose="sign a webhook", shown=False)


def _advance(stream: AuditStream, taken: _Taken) -> bool:
    same = AuditStream.objects.filter(
        pk=stream.pk, position=stream.position, state=StreamState.ACTIVE
    )
    moved = same.update(
        position=taken.end,
        missed=stream.missed + taken.missed,
        sent_at=clock.now() if taken.logs else stream.sent_at,
        failures=0,
        failing_since=None,
        last_error="",
    )
    return moved == 1


@transaction.atomic
def _failed(stream: AuditStream, error: DomainError) -> None:
    now = clock.now()
    since = stream.failing_since or now
    over = isinstance(error, GoneError) or now - since > LASTING
    same = AuditStream.objects.filter(
        pk=stream.pk, position=stream.position, state=StreamState.ACTIVE
    )
    told = f"{error.code}: {error}"[:500]
    changed = same.update(
        state=StreamState.DISABLED if over else StreamState.ACTIVE,
        failures=stream.failures + 1,
        failing_since=since,
        last_error=told,
        retry_at=now + min(FIRST_RETRY * 2 ** min(stream.failures, 20), LONGEST_RETRY),
    )
    if over and changed:
        record_change(stream, "disabled", {"position": stream.position, "reason": told})
        publish(
            AuditStreamDisabled(
                stream_id=str(stream.pk), name=stream.name, position=stream.position, reason=told
            )
        )
