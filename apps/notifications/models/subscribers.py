"""People who are told something, and addresses that nothing is sent to."""

from django.db import models

from apps.notifications.access import SUBSCRIBER, SUPPRESSION
from kernel import clock
from kernel.secrets.fields import EncryptedTextField
from kernel.tenancy.models import TenantModel


class Subscriber(TenantModel):
    """Somebody by a key of the tenant's own, with addresses and wishes."""

    access = SUBSCRIBER

    key = models.CharField(max_length=200)
    name = models.CharField(max_length=200, blank=True, default="")
    email = models.CharField(max_length=320, blank=True, default="")
    email_verified_at = models.DateTimeField(null=True, blank=True)
    #: E.164, such as +4915112345678.
    phone = models.CharField(max_length=16, blank=True, default="")
    phone_verified_at = models.DateTimeField(null=True, blank=True)
    webhook_url = models.CharField(max_length=320, blank=True, default="")
    webhook_secret = EncryptedTextField(null=True)
    #: Signs as well until then, while the receiver changes to the new one.
    former_secret = EncryptedTextField(null=True)
    former_until = models.DateTimeField(null=True, editable=False)
    locale = models.CharField(max_length=35, default="en")
    time_zone = models.CharField(max_length=64, default="UTC")
    preferences = models.JSONField(default=dict, blank=True)
    quiet_hours = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "subscriber"
        indexes = [
            models.Index(fields=("tenant_id", "created_at", "id"), name="notifications_sub_newest"),
            models.Index(fields=("tenant_id", "email", "id"), name="notifications_sub_email"),
        ]
        constraints = [
            models.UniqueConstraint(fields=("tenant_id", "key"), name="notifications_one_key")
        ]

    def __str__(self) -> str:
        return self.key


class TopicMember(TenantModel):
    """Somebody who is told what is told to a topic."""

    access = SUBSCRIBER

    topic = models.CharField(max_length=100)
    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="memberships")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("tenant_id", "topic", "subscriber"), name="notifications_one_membership"
            )
        ]

    def __str__(self) -> str:
        return self.topic


class Suppression(TenantModel):
    """An address that nothing is sent to: at all, or of a category."""

    access = SUPPRESSION

    class Reason(models.TextChoices):
        """Why nothing is sent."""

        BOUNCED = "bounced"
        COMPLAINED = "complained"
        UNSUBSCRIBED = "unsubscribed"
        STAFF = "staff"

    #: In small letters.
    address = models.CharField(max_length=320)
    category = models.CharField(max_length=100, blank=True, default="")
    reason = models.CharField(max_length=12, choices=Reason)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "suppression"
        indexes = [
            models.Index(fields=("tenant_id", "created_at", "id"), name="notifications_supp_newest")
        ]
        constraints = [
            models.UniqueConstraint(
                fields=("tenant_id", "address", "category"), name="notifications_one_suppression"
            )
        ]

    def __str__(self) -> str:
        return f"{self.address} {self.category}".strip()
