"""Notifications as rows."""

from django.db import models

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


class Notification(TenantModel):
    """A message to one person over one channel."""

    recipient = models.CharField(max_length=320)
    channel = models.CharField(max_length=10, choices=NotificationChannel)
    subject = models.CharField(max_length=500)
    state = models.CharField(
        max_length=10, choices=NotificationState, default=NotificationState.QUEUED
    )
    attachment_ids = models.JSONField(default=list, help_text="Ids of files that go with it.")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "notification"
        indexes = [models.Index(fields=("tenant_id", "id"), name="notifications_newest")]

    def __str__(self) -> str:
        return self.subject
