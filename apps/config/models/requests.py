"""Change requests: what somebody wants to be published, and what others say to it."""

from django.db import models

from apps.config.access import CONFIG
from apps.config.models.environments import Environment
from kernel import clock
from kernel.secrets.fields import EncryptedTextField
from kernel.tenancy.models import TenantModel


class RequestState(models.TextChoices):
    """Where a request stands."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    #: Approved, and waiting for its time.
    SCHEDULED = "scheduled"
    APPLIED = "applied"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    #: What it changes was changed by others meanwhile, at the same places.
    CONFLICTED = "conflicted"


#: Something may become of them yet.
OPEN = {
    RequestState.DRAFT,
    RequestState.IN_REVIEW,
    RequestState.APPROVED,
    RequestState.SCHEDULED,
    RequestState.CONFLICTED,
}


class ChangeRequest(TenantModel):
    """Changes of an environment that are published together once others have approved of them."""

    access = CONFIG

    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="+")
    title = models.CharField(max_length=200)
    description = models.CharField(max_length=1000, blank=True)
    state = models.CharField(max_length=10, choices=RequestState, default=RequestState.DRAFT)
    author_type = models.CharField(max_length=100, editable=False)
    author_id = models.CharField(max_length=500, editable=False)
    author_name = models.CharField(max_length=500, blank=True, editable=False)
    #: When it is to be published; as soon as somebody says so if there is none.
    apply_at = models.DateTimeField(null=True, blank=True)
    applied_at = models.DateTimeField(null=True, editable=False)
    #: The revision of the environment that it became.
    revision = models.PositiveBigIntegerField(null=True, editable=False)
    #: Why it could not be published; the places of a conflict.
    problem = models.CharField(max_length=2000, blank=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "change request"
        indexes = [
            models.Index(fields=("tenant_id", "created_at", "id"), name="config_requests_newest"),
            models.Index(
                fields=("tenant_id", "state", "created_at", "id"), name="config_requests_by_state"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class ProposedChange(TenantModel):
    """What is to become of one flag or segment."""

    access = CONFIG

    request = models.ForeignKey(ChangeRequest, on_delete=models.CASCADE, related_name="changes")
    #: `flag` or `segment`.
    kind = models.CharField(max_length=7)
    target_id = models.UUIDField()
    key = models.CharField(max_length=200)
    #: The version that it was made from; 0 where there was none.
    base = models.PositiveIntegerField()
    #: Empty to take it out of the environment.
    definition = models.TextField(blank=True)

    class Meta:
        verbose_name = "proposed change"
        constraints = [
            models.UniqueConstraint(
                fields=("request", "target_id"), name="config_one_change_a_target"
            )
        ]

    def __str__(self) -> str:
        return self.key


class ProposedValue(TenantModel):
    """What is to be said of one key in the environment of a request, or in a service there."""

    access = CONFIG

    request = models.ForeignKey(ChangeRequest, on_delete=models.CASCADE, related_name="values")
    key = models.CharField(max_length=200)
    #: Empty for all services.
    service = models.CharField(max_length=60, blank=True)
    #: The version that it was made from; 0 where there was none.
    base = models.PositiveIntegerField()
    #: The JSON; empty to say nothing any more, and of a secret that is kept encrypted.
    value = models.TextField(blank=True)
    sealed = EncryptedTextField("secret value", null=True)

    class Meta:
        verbose_name = "proposed value"
        constraints = [
            models.UniqueConstraint(
                fields=("request", "service", "key"), name="config_one_proposed_value"
            )
        ]

    def __str__(self) -> str:
        return self.key


class Verdict(models.TextChoices):
    """What a reviewer says."""

    APPROVE = "approve"
    REJECT = "reject"


class Review(TenantModel):
    """What one reviewer says to a request."""

    access = CONFIG

    request = models.ForeignKey(ChangeRequest, on_delete=models.CASCADE, related_name="reviews")
    verdict = models.CharField(max_length=7, choices=Verdict)
    comment = models.CharField(max_length=1000, blank=True)
    reviewer_id = models.CharField(max_length=500, editable=False)
    reviewer_name = models.CharField(max_length=500, blank=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "review"
        constraints = [
            models.UniqueConstraint(
                fields=("request", "reviewer_id"), name="config_one_review_a_reviewer"
            )
        ]

    def __str__(self) -> str:
        return f"{self.verdict} by {self.reviewer_name}"
