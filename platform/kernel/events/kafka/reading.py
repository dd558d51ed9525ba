"""The reading half of the transport over Kafka."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cached_property, partial

from django.db import connection
from django.db.models import Count, Min

from contracts.codec import MalformedEventError
from kernel import clock
from kernel.events.foreign import topic_of
from kernel.events.kafka.backlog import Message
from kernel.events.kafka.client import prefixed
from kernel.events.kafka.consuming import Desk
from kernel.events.kafka.membership import topics_of
from kernel.events.kafka.past import first_messages, messages_between
from kernel.events.kafka.places import Places
from kernel.events.kafka.receiving import origin_of, read
from kernel.events.kafka.subscription import KafkaSubscription
from kernel.events.loops import Looped
from kernel.events.models import OutboxEvent, OutboxState
from kernel.events.registry import Group
from kernel.events.transport import Arrival, Lag, Move, Place, Start


class KafkaReading:
    """What groups read, have read, and are to read."""

    @cached_property
    def _places(self) -> Places:
        return Places()

    def consumers(self, groups: Sequence[Group], threads: int) -> dict[str, Callable[[], Looped]]:
        """Return what reads for groups here: others may read for the same at the same time."""
        # SQLite has one writer: more threads would only wait for each other.
        return Desk(groups, 1 if connection.vendor == "sqlite" else threads).loops()

    def subscribe(self, group: Group) -> KafkaSubscription:
        """Begin to read for a group, after what it committed last."""
        return KafkaSubscription(group)

    def history(self, group: Group, since: datetime, until: datetime) -> Iterator[list[Arrival]]:
        """Return what the group has been brought already of that time, in batches.

        What happened in that time may have been handed over much later, so it reads on to the end.
        """
        partitions = self._places.partitions(topics_of(group))
        start, end = self._places.at(partitions, since), self._places.read(group.name, partitions)
        for some in messages_between({one: (start[one], end[one]) for one in partitions}):
            arrivals = _handled_by(group, some)
            if wanted := [one for one in arrivals if since <= one.envelope.time < until]:
                yield wanted

    def history_between(self, group: Group, first: Place, end: int) -> Iterator[list[Arrival]]:
        """Return the same of one partition of a topic, from the first place to before an offset."""
        one = (prefixed(first.topic), first.partition)
        if one not in self._places.partitions(topics_of(group)):
            return
        read_up_to = self._places.read(group.name, [one])[one]
        for some in messages_between({one: (first.offset, min(end, read_up_to))}):
            if arrivals := _handled_by(group, some):
                yield arrivals

    def distance(self, group: Group, to: Start) -> Move:
        """Return what `reset_offsets` would come to, in messages of whatever type."""
        partitions = self._places.partitions(topics_of(group))
        found = self._places.find(partitions, to)
        now = self._places.read(group.name, found)
        return Move(
            again=sum(max(now[one] - offset, 0) for one, offset in found.items()),
            left_out=sum(max(offset - now[one], 0) for one, offset in found.items()),
        )

    def reset_offsets(self, group: Group, to: Start) -> None:
        """Let the next subscription of a group begin elsewhere; a time is that of the hand-over."""
        partitions = self._places.partitions(topics_of(group))
        self._places.put(group.name, self._places.find(partitions, to))

    def lag(self, group: str, types: Sequence[str]) -> Lag:
        """Return how far a group is behind, in messages of its topics, whatever their type.

        What waits in the outbox of this database is counted, too.
        """
        partitions = self._places.partitions({prefixed(topic_of(type_)) for type_ in types})
        places, ends = self._places.read(group, partitions), self._places.ends(partitions)
        behind = {one: offset for one, offset in places.items() if offset < ends[one]}
        waiting = OutboxEvent.objects.filter(state=OutboxState.WAITING, type__in=types).aggregate(
            count=Count("pk"), oldest=Min("time")
        )
        times = [_time_of(message) for message in first_messages(behind)]
        if waiting["oldest"] is not None:
            times.append(waiting["oldest"])
        return Lag(
            waiting["count"] + sum(ends[one] - offset for one, offset in behind.items()),
            max((clock.now() - min(times)).total_seconds(), 0.0) if times else 0.0,
        )


def _handled_by(group: Group, messages: Sequence[Message]) -> list[Arrival]:
    """Return those that are events which a group handles; what cannot be read is known already."""
    arrivals = []
    for message in messages:
        try:
            envelope = read(message)
        except MalformedEventError:
            continue
        if envelope.type in group.handlers:
            arrivals.append(Arrival(envelope, partial(origin_of, message)))
    return arrivals


def _time_of(message: Message) -> datetime:
    """Return when it happened; when it was handed over, of what is no event of ours."""
    try:
        return read(message).time
    except MalformedEventError:
        return datetime.fromtimestamp(message.timestamp()[1] / 1000, UTC)
