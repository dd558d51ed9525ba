"""What carries messages out, how that stands, and the devices that they reach."""

from django.db import models
from django.db.models import Q

from apps.notifications.access import DEVICE, PROVIDER
from apps.notifications.models.notifications import NotificationChannel
from apps.notifications.models.subscribers import Subscriber
from kernel import clock
from kernel.secrets.fields import EncryptedTextField
from kernel.tenancy.models import TenantModel


class ProviderKind(models.TextChoices):
    """Who carries messages, by which interface."""

    MAILGUN = "mailgun"
    POSTMARK = "postmark"
    TWILIO = "twilio"
    VONAGE = "vonage"
    WEB_PUSH = "web_push"
    FCM = "fcm"
    SLACK = "slack"
    TEAMS = "teams"
    DISCORD = "discord"
    TELEGRAM = "telegram"
    APPRISE = "apprise"


class DeviceKind(models.TextChoices):
    """What a device is reached by: the same as of its provider."""

    WEB_PUSH = "web_push"
    FCM = "fcm"
    SLACK = "slack"
    TEAMS = "teams"
    DISCORD = "discord"
    TELEGRAM = "telegram"
    APPRISE = "apprise"


class NotificationProvider(TenantModel):
    """An account with somebody who carries messages; of several for a channel the first is asked
    first.
    """

    access = PROVIDER

    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=8, choices=ProviderKind)
    channel = models.CharField(max_length=10, choices=NotificationChannel, editable=False)
    #: Of those of a channel the least goes first.
    position = models.SmallIntegerField(default=0)
    #: As `domain.providers` has them.
    settings = models.JSONField(default=dict, blank=True)
    secret = EncryptedTextField(null=True)
    #: Of Web Push the key before the present one: it signs for who subscribed by that.
    former_secret = EncryptedTextField(null=True)
    enabled = models.BooleanField(default=True)
    #: As many messages a minute, and at once; no limit without.
    per_minute = models.PositiveIntegerField(null=True, blank=True)
    burst = models.PositiveIntegerField(default=10)

    succeeded_at = models.DateTimeField(null=True, editable=False)
    failed_at = models.DateTimeField(null=True, editable=False)
    last_error = models.CharField(max_length=500, blank=True, default="", editable=False)
    #: Since it last took a message.
    failures = models.PositiveIntegerField(default=0, editable=False)
    #: The breaker: until then nobody asks it; after that one does, to see.
    rests_until = models.DateTimeField(null=True, editable=False)
    #: From 0 to 1, of about the last twenty attempts.
    failure_rate = models.FloatField(default=0.0, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "notification provider"
        indexes = [
            models.Index(fields=("tenant_id", "created_at", "id"), name="notifications_prv_newest"),
            models.Index(
                fields=("tenant_id", "channel", "position", "id"), name="notifications_prv_order"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=("tenant_id", "name"), name="notifications_one_provider"
            ),
            # A browser subscribes by one key, and which that is has to be clear.
            models.UniqueConstraint(
                fields=("tenant_id",),
                name="notifications_one_web_push",
                condition=Q(kind="web_push"),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class NotificationDevice(TenantModel):
    """A browser, an app or a chat in which somebody is reached."""

    access = DEVICE

    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="devices")
    kind = models.CharField(max_length=8, choices=DeviceKind)
    channel = models.CharField(max_length=10, choices=NotificationChannel, editable=False)
    #: Where it is, with its keys, as JSON: whoever knows it can send there.
    target = EncryptedTextField(null=True)
    #: SHA-256 of the address: the same device is one row, whoever it is of by now.
    digest = models.CharField(max_length=64, editable=False)
    #: Of Web Push the key that it subscribed by.
    public_key = models.CharField(max_length=100, blank=True, default="", editable=False)
    label = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField(default=clock.now, editable=False)
    #: When it last took a message.
    reached_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = "notification device"
        indexes = [
            models.Index(fields=("tenant_id", "created_at", "id"), name="notifications_dev_newest"),
        ]
        constraints = [
            models.UniqueConstraint(fields=("tenant_id", "digest"), name="notifications_one_device")
        ]

    def __str__(self) -> str:
        return self.label or str(self.kind)
