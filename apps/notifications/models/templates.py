"""What is said, in the words of each channel and locale."""

from django.db import models

from apps.notifications.access import WORKFLOW
from kernel import clock
from kernel.tenancy.models import TenantModel


class NotificationTemplate(TenantModel):
    """Texts by a name; the newest version is what messages are made of."""

    access = WORKFLOW

    name = models.CharField(max_length=100)
    default_locale = models.CharField(max_length=35, default="en")
    number = models.IntegerField(default=1, editable=False)
    #: Those of the newest version.
    texts = models.JSONField(default=dict)
    #: It stands around what others say, and says nothing itself.
    is_layout = models.BooleanField(default=False, editable=False)
    #: The name of what stands around it; empty without.
    layout = models.CharField(max_length=100, blank=True, default="")
    #: Who has written it, as whom its pictures are read.
    written_by = models.JSONField(default=dict, editable=False)
    #: What it is shown and tried with; nothing is ever sent with it unasked.
    sample = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "notification template"
        indexes = [
            models.Index(fields=("tenant_id", "created_at", "id"), name="notifications_tpl_newest")
        ]
        constraints = [
            models.UniqueConstraint(fields=("tenant_id", "name"), name="notifications_one_template")
        ]

    def __str__(self) -> str:
        return self.name


class TemplateVersion(TenantModel):
    """What a template said at a number; it never changes."""

    access = WORKFLOW

    template = models.ForeignKey(
        NotificationTemplate, on_delete=models.CASCADE, related_name="versions"
    )
    number = models.IntegerField()
    default_locale = models.CharField(max_length=35)
    texts = models.JSONField()
    layout = models.CharField(max_length=100, blank=True, default="")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("template", "number"), name="notifications_one_tpl_number"
            )
        ]

    def __str__(self) -> str:
        return f"{self.template_id} {self.number}"
