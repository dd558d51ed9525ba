"""Which fields of entries are personal, whoever tells them."""

from django.db import models
from django.db.models import Q

from apps.audit.access import AUDIT_RULE
from kernel import clock
from kernel.tenancy.models import TenantModel


class PersonalFieldRule(TenantModel):
    """What of some actions is personal, and of whom. It never changes, but that it ends.

    One that has ended is kept: by it what was told under it is known again.
    """

    access = AUDIT_RULE

    #: An action, or the beginning of some with a `*` behind it.
    actions = models.CharField(max_length=200)
    #: As `apps.audit.domain.personal_rules` has it.
    subject = models.CharField(max_length=500)
    fields = models.JSONField()
    added_at = models.DateTimeField(default=clock.now)
    #: Null: in force.
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "personal field rule"
        indexes = [
            models.Index(fields=("tenant_id",), condition=Q(ended_at=None), name="audit_rules_now")
        ]

    def __str__(self) -> str:
        return f"{self.actions} {', '.join(self.fields)}"
