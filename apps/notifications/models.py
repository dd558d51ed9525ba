"""Notifications as rows."""

from django.db import models

from apps.notifications.access import NOTIFICATION
from kernel import clock
from kernel.tenancy.models import TenantModel


class NotificationChannel(models.TextChoices):
    """Ways to reach a person."""

    EMAIL = "email"
    SMS = "sms"
    PUSH = "push"
    IN_APP = "in_app"
    WEBHOOK = "webhook"


class NotificationState(models.TextChoices):
    """Where a notification stands."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"


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
        ]

    def __str__(self) -> str:
        return self.subject
