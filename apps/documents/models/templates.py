"""Templates and their versions."""

from django.db import models
from django.db.models import Q

from apps.documents.access import TEMPLATE
from apps.documents.models.looks import Theme
from apps.documents.models.uploads import TemplateUpload
from kernel import clock
from kernel.tenancy.models import TenantModel


class VersionState(models.TextChoices):
    """Where a version stands; of one template at most one is a draft."""

    DRAFT = "draft"
    PUBLISHED = "published"
    #: No document is made of it any more.
    WITHDRAWN = "withdrawn"


class Template(TenantModel):
    """What documents are made of, known by its name; what it says is in its versions."""

    access = TEMPLATE

    name = models.CharField(max_length=60)
    title = models.CharField(max_length=255)
    description = models.CharField(max_length=1000, blank=True)
    #: What it is meant to be made as, the usual first; empty for anything.
    formats = models.JSONField(default=list, blank=True)
    #: With which its next version is published.
    theme = models.ForeignKey(
        Theme, on_delete=models.PROTECT, null=True, blank=True, related_name="templates"
    )
    #: The version that documents are made of if they name none; null before there is one.
    published_id = models.UUIDField(null=True, blank=True, editable=False)
    #: No document is made of it from then on.
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "template"
        indexes = [
            models.Index(
                fields=("tenant_id", "created_at", "id"), name="documents_templates_newest"
            ),
            models.Index(fields=("tenant_id", "title", "id"), name="documents_templates_by_title"),
        ]
        constraints = [
            models.UniqueConstraint(fields=("tenant_id", "name"), name="documents_one_template")
        ]

    def __str__(self) -> str:
        return self.name


class TemplateVersion(TenantModel):
    """What a template says. Once it is published nothing of it changes but that it is withdrawn.

    JSON is kept as text: keys keep their order, which partials need, and numbers their digits.
    """

    access = TEMPLATE

    template = models.ForeignKey(
        Template, on_delete=models.CASCADE, editable=False, related_name="versions"
    )
    number = models.PositiveIntegerField(editable=False)
    state = models.CharField(
        max_length=9, choices=VersionState, default=VersionState.DRAFT, editable=False
    )
    #: The document model; see `domain.model.parsing`. Of a draft it may be wrong.
    body = models.TextField()
    #: The file of Word or Excel that is filled in the place of blocks; of the body count the title
    #: and in which language and currency it is written.
    uploaded = models.ForeignKey(
        TemplateUpload, on_delete=models.PROTECT, null=True, editable=False, related_name="versions"
    )
    #: Those of its theme as they were at publishing.
    fonts = models.ForeignKey(
        TemplateUpload, on_delete=models.PROTECT, null=True, editable=False, related_name="typeset"
    )
    #: What its blocks were written as; empty if they were written as JSON.
    markdown = models.TextField(blank=True)
    #: JSON Schema 2020-12 that data is held to; empty for none.
    schema = models.TextField(blank=True)
    #: Data to try it with.
    sample = models.TextField(default="{}")
    #: Pictures by the names that blocks have for them: `{"seal": {"file": id, "version": 1}}`, or
    #: `{"gallery": name}`. Of what was published also the `logo` of its theme.
    assets = models.JSONField(default=dict, blank=True)
    #: The body with the partials and the theme of the tenant as they were at publishing: what
    #: documents are made of. Empty of a draft.
    resolved = models.TextField(blank=True, editable=False)
    note = models.CharField(max_length=1000, blank=True)
    author_type = models.CharField(max_length=100, editable=False)
    author_id = models.CharField(max_length=500, editable=False)
    author_name = models.CharField(max_length=500, blank=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    #: When what it says was last saved.
    saved_at = models.DateTimeField(default=clock.now, editable=False)
    published_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "template version"
        indexes = [
            models.Index(
                fields=("tenant_id", "created_at", "id"), name="documents_versions_newest"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=("template", "number"), name="documents_one_version"),
            models.UniqueConstraint(
                fields=("template",), condition=Q(state="draft"), name="documents_one_draft"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.template.name} {self.number}"
