"""The transport without a server: the outbox itself is the log that groups read.

The relay gives each event an offset, in one short transaction at a time; a group keeps the offset
up to which it has read. Offsets have no gaps and become visible in their order, for only one relay
gives them at a time: what a position cannot promise.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial

from django.db import connection, transaction
from django.db.models import Min, QuerySet

from contracts.event import topic_of
from kernel import clock
from kernel.errors import ConflictError, InvalidInputError
from kernel.events.consumer import Consumer
from kernel.events.leases import claim
from kernel.events.loops import Looped
from kernel.events.message import read
from kernel.events.models import ConsumerGroup, LogEnd, OutboxEvent, OutboxState
from kernel.events.registry import Group
from kernel.events.transport import MOST_COUNTED, Arrival, Lag, Move, Place, Start
from kernel.faults import fault_point
from kernel.ids import first_id_at

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

    #: One transaction of these takes about 10 ms on SQLite.
    batch = 500

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

    def release(self, _seconds: float) -> None:
        """Nothing is on its way between two steps."""

    def consumers(self, groups: Sequence[Group], threads: int) -> dict[str, Callable[[], Looped]]:
        """Return what reads for groups: each is read by one thread of one process at a time."""
        count = min(threads, len(groups))
        return {
            f"consumer-{number}": partial(Consumer, self, list(groups[number::count]))
            for number in range(count)
        }

    def subscribe(self, group: Group) -> "LogReader":
        """Begin to read for a group, after what it committed last; a new one from the beginning."""
        return LogReader(group)

    def history(self, group: Group, since: datetime, until: datetime) -> Iterator[list[Arrival]]:
        """Return what the group has been brought already of that time, in batches of 1,000.

        The outbox keeps what was sent for EVENT_RETENTION.
        """
        of_time = OutboxEvent.objects.filter(
            event_id__gte=first_id_at(since), event_id__lt=first_id_at(until)
        )
        return _brought(of_time, group, list(group.handlers))

    def history_between(self, group: Group, first: Place, end: int) -> Iterator[list[Arrival]]:
        """Return what the group has been brought already of a topic, from an offset to another."""
        types = [one for one in group.handlers if topic_of(one) == first.topic]
        between = OutboxEvent.objects.filter(offset__gte=first.offset, offset__lt=end)
        return _brought(between, group, types)

    def distance(self, group: Group, to: Start) -> Move:
        """Return what would come of beginning there."""
        read, target = _committed(group.name), _last_before(to)
        low, high = sorted((read, target))
        between = OutboxEvent.objects.filter(
            offset__gt=low, offset__lte=high, type__in=list(group.handlers)
        )
        count = between.order_by()[:MOST_COUNTED].count()
        return Move(count, 0) if target < read else Move(0, count)

    def reset_offsets(self, group: Group, to: Start) -> None:
        """Move the group's mark, alone: whoever reads keeps the right to, and moves it too."""
        alone = claim(f"group {group.name}")
        if not alone.hold():
            raise ConflictError(f"a process still reads for {group.name}; try again in a moment")
        try:
            ConsumerGroup.objects.update_or_create(
                pk=group.name,
                defaults={"committed_offset": _last_before(to), "moved_at": clock.now()},
            )
        finally:
            alone.give_up()

    def lag(self, group: str, types: Sequence[str]) -> Lag:
        """Return how far a group is behind; beyond 100,000 events it counts no further."""
        unread = OutboxEvent.objects.filter(offset__gt=_committed(group), type__in=types)
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
        self._moved_at = row.moved_at

    def fetch(self, limit: int) -> list[Arrival]:
        """Return the next events that the group handles; others are passed over."""
        end = LogEnd.objects.filter(pk=0).values_list("last_offset", flat=True).first() or 0
        if end <= self._fetched:
            return []
        unread = OutboxEvent.objects.filter(
            offset__gt=self._fetched, offset__lte=end, type__in=list(self._group.handlers)
        )
        arrivals, last = _next_of(unread, limit)
        # With fewer than could be had, there is nothing for this group up to the end.
        self._fetched = last if len(arrivals) == limit else end
        return arrivals

    def commit(self) -> None:
        """Write down how far the group has come, if it has moved.

        Raises ConflictError when its mark is not where this reader put it: the right to read was
        lost meanwhile, and another read on, or a person moved the mark.
        """
        if self._fetched == self._committed:
            return
        fault_point("consumer.before_offset")
        as_it_was = {"committed_offset": self._committed, "moved_at": self._moved_at}
        moved_at = clock.now()
        moved = ConsumerGroup.objects.filter(pk=self._group.name, **as_it_was).update(
            committed_offset=self._fetched, moved_at=moved_at
        )
        if not moved:
            raise ConflictError(f"the mark of {self._group.name} was moved by somebody else")
        fault_point("consumer.after_offset")
        self._committed, self._moved_at = self._fetched, moved_at

    def close(self) -> None:
        """Nothing is held open."""


def _brought(
    rows: QuerySet[OutboxEvent], group: Group, types: list[str]
) -> Iterator[list[Arrival]]:
    """Return those of the rows that a group was brought, in batches of 1,000."""
    brought = rows.filter(offset__lte=_committed(group.name), type__in=types)
    arrivals, last = _next_of(brought, CHANGED_AT_ONCE)
    while arrivals:
        yield arrivals
        arrivals, last = _next_of(brought.filter(offset__gt=last), CHANGED_AT_ONCE)


def _next_of(rows: QuerySet[OutboxEvent], limit: int) -> tuple[list[Arrival], int]:
    """Return the first events of these, and the offset of the last of them."""
    found = list(rows.order_by("offset").values_list("message", "offset")[:limit])
    arrivals = [_arrival(message, offset) for message, offset in found]
    return arrivals, (found[-1][1] or 0) if found else 0


def _committed(group: str) -> int:
    """Return the offset up to which a group has read."""
    found = ConsumerGroup.objects.filter(pk=group).values_list("committed_offset", flat=True)
    return found.first() or 0


def _last_before(to: Start) -> int:
    """Return the offset up to which a group has read that is to begin there."""
    end = LogEnd.objects.filter(pk=0).values_list("last_offset", flat=True).first() or 0
    if to == "beginning":
        return 0
    if isinstance(to, datetime):
        later = OutboxEvent.objects.filter(event_id__gte=first_id_at(to), offset__isnull=False)
        first: int | None = later.aggregate(first=Min("offset"))["first"]
        return end if first is None else first - 1
    if isinstance(to, Place):
        if not 1 <= to.offset <= end + 1:
            raise InvalidInputError(f"offsets are from 1 to {end + 1}, found {to.offset}")
        return to.offset - 1
    return end


def _arrival(message: str, offset: int | None) -> Arrival:
    envelope = read(message)
    return Arrival(envelope, lambda: {"topic": envelope.topic, "offset": offset})
