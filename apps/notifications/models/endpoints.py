"""Addresses of a tenant that the platform's events are posted to, and each that is on its way."""

from django.db import models
from django.db.models import Q

from apps.notifications.access import WEBHOOK_DELIVERY, WEBHOOK_ENDPOINT
from kernel import clock
from kernel.secrets.fields import EncryptedTextField
from kernel.tenancy.models import TenantModel


class EndpointState(models.TextChoices):
    """Whether anything is posted to an endpoint."""

    ACTIVE = "active"
    #: It failed for too long, or somebody said so; somebody has to look and enable it.
    DISABLED = "disabled"


class WebhookEndpoint(TenantModel):
    """An address, and the events that are posted to it."""

    access = WEBHOOK_ENDPOINT

    name = models.CharField(max_length=100)
    url = models.CharField(max_length=2_000)
    #: As `domain.event_patterns` reads them.
    event_types = models.JSONField(default=list)
    #: Who is told by mail when it is disabled because it fails.
    contact = models.CharField(max_length=320)
    secret = EncryptedTextField(null=True)
    #: Signs as well until then, while the receiver changes to the new one.
    former_secret = EncryptedTextField(null=True)
    former_until = models.DateTimeField(null=True, editable=False)
    state = models.CharField(
        max_length=8, choices=EndpointState, default=EndpointState.ACTIVE, editable=False
    )
    delivered_at = models.DateTimeField(null=True, editable=False)
    #: Since something was taken there last.
    failures = models.PositiveIntegerField(default=0, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    #: Nothing is tried before: a receiver that is down costs one call, not one for each event.
    rests_until = models.DateTimeField(null=True, editable=False)
    last_error = models.CharField(max_length=500, blank=True, default="", editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "webhook endpoint"
        indexes = [
            models.Index(fields=("tenant_id", "created_at", "id"), name="notifications_hook_newest")
        ]
        constraints = [
            models.UniqueConstraint(fields=("tenant_id", "name"), name="notifications_one_hook")
        ]

    def __str__(self) -> str:
        return self.name


class DeliveryState(models.TextChoices):
    """Where a delivery stands."""

    QUEUED = "queued"
    DELIVERED = "delivered"
    FAILED = "failed"


class WebhookDelivery(TenantModel):
    """An event on its way to one endpoint: there is one of both."""

    access = WEBHOOK_DELIVERY

    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.CASCADE, editable=False, related_name="deliveries"
    )
    #: It is the `Webhook-Id`, whenever and however often it is posted.
    event_id = models.UUIDField(editable=False)
    event_type = models.CharField(max_length=200, editable=False)
    #: Somebody tries the endpoint: it is posted once, whatever comes of it.
    test = models.BooleanField(default=False, editable=False)
    #: What is posted, byte for byte.
    body = models.TextField(editable=False)
    state = models.CharField(
        max_length=9, choices=DeliveryState, default=DeliveryState.QUEUED, editable=False
    )
    #: Since somebody asked for it last.
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    #: Which of its jobs counts: those of former rounds do nothing.
    round = models.PositiveIntegerField(default=1, editable=False)
    not_before = models.DateTimeField(default=clock.now, editable=False)
    #: Of the last answer; null where none came.
    response_status = models.PositiveSmallIntegerField(null=True, editable=False)
    duration_ms = models.PositiveIntegerField(null=True, editable=False)
    error_code = models.CharField(max_length=60, blank=True, default="", editable=False)
    error_message = models.CharField(max_length=500, blank=True, default="", editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    tried_at = models.DateTimeField(null=True, editable=False)
    delivered_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = "webhook delivery"
        verbose_name_plural = "webhook deliveries"
        indexes = [
            models.Index(
                fields=("tenant_id", "created_at", "id"), name="notifications_posts_newest"
            ),
            models.Index(
                fields=("tenant_id", "state", "created_at", "id"), name="notifications_posts_state"
            ),
            models.Index(
                fields=("endpoint", "created_at", "id"), name="notifications_posts_endpoint"
            ),
            models.Index(
                fields=("not_before",),
                condition=Q(state="queued"),
                name="notifications_posts_waiting",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=("endpoint", "event_id"), name="notifications_one_post")
        ]

    def __str__(self) -> str:
        return self.event_type
