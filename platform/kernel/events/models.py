"""Events as rows: those to be handed over, those handled, those to be delivered again."""

from django.db import models

from contracts.envelope import Actor, Envelope
from kernel import clock


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
    traceparent = models.CharField(max_length=55)
    actor_type = models.CharField(max_length=30)
    actor_id = models.CharField(max_length=255)
    actor_name = models.CharField(max_length=255, blank=True)
    data = models.JSONField()
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
        return Envelope(
            id=str(self.event_id),
            type=self.type,
            subject=self.subject,
            time=self.time,
            tenant=str(self.tenant_id or ""),
            partition_key=self.partition_key,
            traceparent=self.traceparent,
            actor=Actor(type=self.actor_type, id=self.actor_id, name=self.actor_name),
            data=self.data,
        )


class LogEnd(models.Model):
    """The last offset that was given. Kept apart, for the log's own end may be deleted."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=0)
    last_offset = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.last_offset)


class ConsumerGroup(models.Model):
    """How far a group has read the log of this database."""

    name = models.CharField(primary_key=True, max_length=100)
    committed_offset = models.BigIntegerField(default=0)
    moved_at = models.DateTimeField(default=clock.now)

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
    state = models.CharField(max_length=9, choices=RedeliveryState, default=RedeliveryState.WAITING)
    due_at = models.DateTimeField(default=clock.now)
    attempts = models.PositiveIntegerField(default=0)
    error_class = models.CharField(max_length=200, blank=True)
    error_code = models.CharField(max_length=50, blank=True)
    error_message = models.TextField(blank=True)
    first_failed_at = models.DateTimeField(null=True)
    last_failed_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "redelivery"
        verbose_name_plural = "dead letters and redeliveries"
        constraints = [
            models.UniqueConstraint(fields=("group", "event_id"), name="events_one_redelivery")
        ]
        indexes = [
            models.Index(
                fields=("group", "due_at"),
                name="events_due",
                condition=models.Q(state="waiting"),
            ),
            models.Index(
                fields=("group", "partition_key", "id"),
                name="events_behind",
                condition=models.Q(state="waiting"),
            ),
            models.Index(fields=("state", "id"), name="events_redelivery_state"),
        ]

    def __str__(self) -> str:
        return f"{self.type} for {self.group}"
