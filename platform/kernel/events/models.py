"""Events as rows: those to be handed over, those handled, those to be delivered again."""

from django.db import models

from contracts.envelope import Envelope
from kernel import clock
from kernel.events.message import read
from kernel.ids import new_id


class OutboxState(models.TextChoices):
    """How far an event has come; `local` was seen by this process's own handlers alone."""

    WAITING = "waiting"
    LOCAL = "local"
    SENT = "sent"


class OutboxEvent(models.Model):
    """An event, from the transaction that it tells of until its time of keeping ends."""

    #: The order in which events were written. Never an order of commits: see `relay`.
    position = models.BigAutoField(primary_key=True)
    #: A UUIDv7, so a range of time is a range of ids.
    event_id = models.UUIDField(unique=True)
    type = models.CharField(max_length=100)
    tenant_id = models.UUIDField(null=True)
    subject = models.CharField(max_length=255)
    partition_key = models.CharField(max_length=300)
    time = models.DateTimeField()
    #: The whole event, as it travels; see `message`. What is beside it is for queries.
    message = models.TextField()
    state = models.CharField(max_length=7, choices=OutboxState, default=OutboxState.WAITING)
    #: Its place in the log that groups of this database read, without gaps; given by the relay.
    offset = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = "event"
        constraints = [
            models.UniqueConstraint(
                fields=("offset",),
                name="events_log",
                condition=models.Q(offset__isnull=False),
            )
        ]
        indexes = [
            models.Index(
                fields=("position",), name="events_waiting", condition=models.Q(state="waiting")
            )
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.subject}"

    def envelope(self) -> Envelope:
        """Return the event as it travels."""
        return read(self.message)


class LogEnd(models.Model):
    """The last offset that was given. Kept apart, for the log's own end may be deleted."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=0)
    last_offset = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.last_offset)


class ConsumerGroup(models.Model):
    """How far a group has read the log of this database, and whether it is to read on.

    Where a broker carries the events, it keeps how far a group has read.
    """

    name = models.CharField(primary_key=True, max_length=100)
    committed_offset = models.BigIntegerField(default=0)
    moved_at = models.DateTimeField(default=clock.now)
    #: Nobody handles events for it until a person resumes it.
    paused = models.BooleanField(default=False, db_default=False)
    #: Since when it is paused, and by whom.
    paused_at = models.DateTimeField(null=True)
    paused_by = models.CharField(max_length=255, blank=True, db_default="")

    class Meta:
        verbose_name = "consumer group"

    def __str__(self) -> str:
        return self.name


class Lease(models.Model):
    """Who alone may do something, until when; on databases without advisory locks."""

    name = models.CharField(primary_key=True, max_length=100)
    holder = models.CharField(max_length=255)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name}: {self.holder}"


class Handled(models.Model):
    """The inbox: that a group has handled an event, written in the transaction of the effect."""

    pk = models.CompositePrimaryKey("group", "event_id")
    group = models.CharField(max_length=100)
    #: A UUIDv7: old rows are found by it, without an index of times.
    event_id = models.UUIDField()

    def __str__(self) -> str:
        return f"{self.event_id} by {self.group}"


class RedeliveryState(models.TextChoices):
    """Waiting for its time, given up as a dead letter, or settled."""

    WAITING = "waiting"
    DEAD = "dead"
    HANDLED = "handled"
    DISCARDED = "discarded"


class Redelivery(models.Model):
    """An event that a group is to be given again: after a failure, behind one, or replayed."""

    #: The order in which events of one key are delivered.
    id = models.BigAutoField(primary_key=True)
    group = models.CharField(max_length=100)
    event_id = models.UUIDField()
    type = models.CharField(max_length=100)
    tenant_id = models.UUIDField(null=True)
    partition_key = models.CharField(max_length=300)
    #: The whole event as it came, in the JSON form of CloudEvents.
    envelope = models.JSONField()
    #: Where it came from: topic, partition, offset.
    origin = models.JSONField(default=dict)
    #: The beginning of a message that is no event of ours; then `envelope` is empty.
    message = models.BinaryField(null=True)
    #: The replay that it waits for, or waited for last.
    replay_id = models.UUIDField(null=True)
    #: It is to be handled though the group has handled it; false again as soon as it was.
    again = models.BooleanField(default=False, db_default=False)
    state = models.CharField(max_length=9, choices=RedeliveryState, default=RedeliveryState.WAITING)
    due_at = models.DateTimeField(default=clock.now)
    attempts = models.PositiveIntegerField(default=0)
    error_class = models.CharField(max_length=200, blank=True)
    error_code = models.CharField(max_length=50, blank=True)
    error_message = models.TextField(blank=True)
    first_failed_at = models.DateTimeField(null=True)
    last_failed_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    #: As a dead letter it was told on the broker, too.
    told = models.BooleanField(default=False, db_default=False)

    class Meta:
        verbose_name = "redelivery"
        verbose_name_plural = "dead letters and redeliveries"
        constraints = [
            models.UniqueConstraint(fields=("group", "event_id"), name="events_one_redelivery")
        ]
        indexes = [
            models.Index(
                fields=("group", "due_at", "id"),
                name="events_due_first",
                condition=models.Q(state="waiting"),
            ),
            # An ordered group goes by the order in which they were kept.
            models.Index(
                fields=("group", "id"),
                name="events_kept_first",
                condition=models.Q(state="waiting"),
            ),
            models.Index(
                fields=("group", "partition_key", "id"),
                name="events_behind",
                condition=models.Q(state="waiting"),
            ),
            models.Index(fields=("state", "id"), name="events_redelivery_state"),
            models.Index(
                fields=("id",),
                name="events_untold",
                condition=models.Q(state="dead", told=False),
            ),
            models.Index(
                fields=("replay_id",),
                name="events_of_replay",
                condition=models.Q(state="waiting", replay_id__isnull=False),
            ),
            # Dead letters are few beside what was handled; they are counted by reason.
            models.Index(
                fields=("group", "error_code", "type", "id"),
                name="events_dead",
                condition=models.Q(state="dead"),
            ),
            models.Index(
                fields=("tenant_id", "id"),
                name="events_dead_of_tenant",
                condition=models.Q(state="dead"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} for {self.group}"


class ReplayState(models.TextChoices):
    """Where a replay stands: waiting for a worker, then running, then one of the last three."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Replay(models.Model):
    """Events that somebody has asked to be given to a group once more, and how far that is."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    group = models.CharField(max_length=100)
    #: The events of this tenant only; of all, if it is empty.
    tenant_id = models.UUIDField(null=True)
    #: Dead letters, else a part of the log.
    dead = models.BooleanField(default=False)
    #: Of dead letters: those of this type and for this reason; all, if empty.
    type = models.CharField(max_length=100, blank=True)
    error_code = models.CharField(max_length=50, blank=True)
    #: Of the log: events of this time, or from the first to the last of these offsets.
    since = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    topic = models.CharField(max_length=100, blank=True)
    partition = models.PositiveIntegerField(default=0)
    first_offset = models.BigIntegerField(null=True)
    last_offset = models.BigIntegerField(null=True)
    #: Also events that the group has handled.
    again = models.BooleanField(default=False)
    per_second = models.PositiveIntegerField(null=True)
    state = models.CharField(max_length=9, choices=ReplayState, default=ReplayState.WAITING)
    #: How many it was told to be when it was asked for.
    total = models.PositiveIntegerField(default=0)
    #: How many have been given to the group so far.
    given = models.PositiveIntegerField(default=0)
    asked_at = models.DateTimeField(default=clock.now)
    actor_type = models.CharField(max_length=30)
    actor_id = models.CharField(max_length=255)
    actor_name = models.CharField(max_length=255, blank=True)
    finished_at = models.DateTimeField(null=True)
    error_message = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"replay to {self.group} of {self.asked_at:%Y-%m-%d %H:%M:%S}"
