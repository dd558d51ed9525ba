"""What is said to one person over one channel, and what became of it."""

from django.db import models

from apps.notifications.access import NOTIFICATION
from kernel import clock
from kernel.tenancy.models import TenantModel


class NotificationChannel(models.TextChoices):
    """Ways to reach a person."""

    EMAIL = "email", "E-mail"
    SMS = "sms", "SMS"
    PUSH = "push"
    IN_APP = "in_app", "Inbox"
    WEBHOOK = "webhook"
    CHAT = "chat"


class NotificationState(models.TextChoices):
    """Where a notification stands."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"


class Report(models.TextChoices):
    """What the other side has told of a message later; a later word of a list counts more."""

    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


class Notification(TenantModel):
    """A message to one person over one channel."""

    access = NOTIFICATION

    recipient = models.CharField(max_length=320)
    channel = models.CharField(max_length=10, choices=NotificationChannel)
    subject = models.CharField(max_length=500)
    state = models.CharField(
        max_length=10, choices=NotificationState, default=NotificationState.QUEUED
    )
    attachment_ids = models.JSONField(
        default=list, blank=True, help_text="Ids of files that go with it."
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)

    #: Plain text; of a template, what that came to.
    body = models.TextField(blank=True, default="", max_length=200_000)
    #: Of an e-mail by a template; empty where the text is all there is.
    html = models.TextField(blank=True, default="", editable=False)
    #: By the ids of files that it shows: as whom each is read.
    pictures = models.JSONField(default=dict, editable=False)
    locale = models.CharField(max_length=35, blank=True, default="", editable=False)
    category = models.CharField(max_length=100, blank=True, default="")
    #: It comes whatever somebody wants, and at night as well.
    critical = models.BooleanField(default=False)
    priority = models.SmallIntegerField(default=0)
    subscriber = models.ForeignKey(
        "notifications.Subscriber",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )
    run = models.ForeignKey(
        "notifications.Run",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )
    #: Of the run's instructions that which made it: no step says the same twice.
    step = models.SmallIntegerField(null=True, blank=True, editable=False)
    not_before = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    attempts = models.SmallIntegerField(default=0, editable=False)
    #: Which of its jobs counts: those of former rounds do nothing. 0 until one is stored.
    round = models.IntegerField(default=0, editable=False)
    #: Why it failed or was skipped, or what the last attempt met.
    reason_code = models.CharField(max_length=60, blank=True, default="", editable=False)
    reason = models.CharField(max_length=500, blank=True, default="", editable=False)
    #: Who asked for it, with what they might: files go with it that those may still see.
    asked_by = models.JSONField(default=dict, blank=True, editable=False)
    sent_at = models.DateTimeField(null=True, editable=False)
    seen_at = models.DateTimeField(null=True, editable=False)
    read_at = models.DateTimeField(null=True, editable=False)
    archived_at = models.DateTimeField(null=True, editable=False)
    #: Who has carried it, and by which id that one knows it.
    provider = models.ForeignKey(
        "notifications.NotificationProvider",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )
    receipt = models.CharField(max_length=200, blank=True, default="", editable=False)
    #: It would have gone out, but here nothing does.
    sandboxed = models.BooleanField(default=False, editable=False)
    reported = models.CharField(
        max_length=11, choices=Report, blank=True, default="", editable=False
    )
    #: Put off until then, when it comes into the inbox anew: `sent_at` is that moment from then on.
    snoozed_until = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = "notification"
        indexes = [
            models.Index(fields=("tenant_id", "created_at", "id"), name="notifications_newest"),
            models.Index(
                fields=("tenant_id", "state", "created_at", "id"), name="notifications_by_state"
            ),
            models.Index(
                fields=("tenant_id", "channel", "created_at", "id"),
                name="notifications_by_channel",
            ),
            models.Index(
                fields=("tenant_id", "recipient", "created_at", "id"),
                name="notifications_by_recipient",
            ),
            models.Index(
                fields=("subscriber", "sent_at", "id"),
                name="notifications_inbox",
                condition=models.Q(channel="in_app", state="sent"),
            ),
            models.Index(
                fields=("not_before",),
                name="notifications_waiting",
                condition=models.Q(state="queued"),
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=("run", "step"), name="notifications_once_a_step")
        ]

    def __str__(self) -> str:
        return self.subject


class Moment(TenantModel):
    """What happened to a notification, and why: its timeline."""

    access = NOTIFICATION

    notification = models.ForeignKey(
        Notification, on_delete=models.CASCADE, related_name="moments", editable=False
    )
    at = models.DateTimeField(default=clock.now, editable=False)
    what = models.CharField(max_length=20, editable=False)
    code = models.CharField(max_length=60, blank=True, default="", editable=False)
    why = models.CharField(max_length=500, blank=True, default="", editable=False)

    class Meta:
        indexes = [
            models.Index(fields=("tenant_id", "notification", "id"), name="notifications_timeline")
        ]

    def __str__(self) -> str:
        return self.what
