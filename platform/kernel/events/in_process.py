"""The transport without a server: the outbox itself is the log that groups read.

The relay gives each event an offset, in one short transaction at a time; a group keeps the offset
up to which it has read. Offsets have no gaps and become visible in their order, for only one relay
gives them at a time: what a position cannot promise.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Min

from kernel import clock
from kernel.events.models import ConsumerGroup, LogEnd, OutboxEvent, OutboxState
from kernel.events.registry import Group
from kernel.events.transport import Arrival, Lag
from kernel.faults import fault_point
from kernel.ids import first_id_at

#: The most events whose lag is counted one by one.
MOST_COUNTED = 100_000
#: Rows that one transaction changes, so that it stays short.
CHANGED_AT_ONCE = 1_000

_GIVE_OFFSETS = """
    UPDATE events_outboxevent SET "offset" = %s + fresh.number, state = %s
    FROM (
        SELECT position, row_number() OVER (ORDER BY position) AS number
        FROM events_outboxevent WHERE state = 'waiting' ORDER BY position LIMIT %s
    ) AS fresh
    WHERE events_outboxevent.position = fresh.position
"""


class InProcess:
    """Events for handlers that run on this database; `isolated` when some that exist do not.

    Isolated, it brings events to the handlers that are here and marks none as sent, so that a
    transport that reaches everybody brings them to the others one day.
    """

    def __init__(self, *, isolated: bool) -> None:
        self.name = "isolated" if isolated else "in process"
        self._relayed = OutboxState.LOCAL if isolated else OutboxState.SENT

    def take_over(self) -> None:
        """Call sent what was local, if everybody is here now: groups that are new read it all."""
        if self._relayed == OutboxState.LOCAL:
            return
        local = OutboxEvent.objects.filter(state=OutboxState.LOCAL)
        while some := list(local.values_list("pk", flat=True)[:CHANGED_AT_ONCE]):
            local.filter(pk__in=some).update(state=OutboxState.SENT)

    def relay(self, limit: int) -> int:
        """Give the oldest waiting events their offsets, in the order in which they were written.

        Positions of one key are in the order of its commits, as far as its writers lock the row
        that they change: one has committed before the next takes its position. So in whatever is
        visible at one moment no key has a gap.
        """
        # A look that takes no lock: an idle relay must not hold up SQLite's one writer.
        if not OutboxEvent.objects.filter(state=OutboxState.WAITING).exists():
            return 0
        LogEnd.objects.get_or_create(pk=0)
        with transaction.atomic():
            end = LogEnd.objects.select_for_update().get(pk=0)
            with connection.cursor() as cursor:
                cursor.execute(_GIVE_OFFSETS, [end.last_offset, self._relayed, limit])
                moved = int(cursor.rowcount)
            end.last_offset += moved
            end.save(update_fields=["last_offset"])
            fault_point("relay.before_commit")
        fault_point("relay.after_commit")
        return moved

    def subscribe(self, group: Group) -> "LogReader":
        """Begin to read for a group, after what it committed last; a new one from the beginning."""
        return LogReader(group)

    def history(self, group: Group, since: datetime, until: datetime) -> Iterator[list[Arrival]]:
        """Return what the group has been brought already of that time, in batches of 1,000.

        The outbox keeps what was sent for EVENT_RETENTION.
        """
        read = ConsumerGroup.objects.filter(pk=group.name).values_list(
            "committed_offset", flat=True
        )
        rows = OutboxEvent.objects.filter(
            offset__lte=read.first() or 0,
            event_id__gte=first_id_at(since),
            event_id__lt=first_id_at(until),
            type__in=list(group.handlers),
        ).order_by("offset")
        last = 0
        while some := list(rows.filter(offset__gt=last)[:CHANGED_AT_ONCE]):
            last = some[-1].offset or last
            yield [Arrival(row.envelope(), _origin(row)) for row in some]

    def lag(self, group: str, types: Sequence[str]) -> Lag:
        """Return how far a group is behind; beyond 100,000 events it counts no further."""
        read = ConsumerGroup.objects.filter(pk=group).values_list("committed_offset", flat=True)
        unread = OutboxEvent.objects.filter(offset__gt=read.first() or 0, type__in=types)
        waiting = OutboxEvent.objects.filter(state=OutboxState.WAITING, type__in=types)
        oldest = [
            moment
            for moment in (
                rows.aggregate(oldest=Min("time"))["oldest"] for rows in (unread, waiting)
            )
            if moment is not None
        ]
        seconds = (clock.now() - min(oldest)).total_seconds() if oldest else 0.0
        counted = sum(rows.order_by()[:MOST_COUNTED].count() for rows in (unread, waiting))
        return Lag(counted, max(seconds, 0.0))


class LogReader:
    """A group's place in the log."""

    def __init__(self, group: Group) -> None:
        self._group = group
        row, _ = ConsumerGroup.objects.get_or_create(pk=group.name)
        self._committed = self._fetched = row.committed_offset

    def fetch(self, limit: int) -> list[Arrival]:
        """Return the next events that the group handles; others are passed over."""
        end = LogEnd.objects.filter(pk=0).values_list("last_offset", flat=True).first() or 0
        if end <= self._fetched:
            return []
        rows = list(
            OutboxEvent.objects.filter(
                offset__gt=self._fetched, offset__lte=end, type__in=list(self._group.handlers)
            ).order_by("offset")[:limit]
        )
        # With fewer than could be had, there is nothing for this group up to the end.
        self._fetched = (rows[-1].offset or end) if len(rows) == limit else end
        return [Arrival(row.envelope(), _origin(row)) for row in rows]

    def commit(self) -> None:
        """Write down how far the group has come, if it has moved."""
        if self._fetched == self._committed:
            return
        fault_point("consumer.before_offset")
        ConsumerGroup.objects.filter(pk=self._group.name).update(
            committed_offset=self._fetched, moved_at=clock.now()
        )
        fault_point("consumer.after_offset")
        self._committed = self._fetched

    def close(self) -> None:
        """Nothing is held open."""


def _origin(row: OutboxEvent) -> dict[str, object]:
    return {"topic": row.envelope().topic, "offset": row.offset}
