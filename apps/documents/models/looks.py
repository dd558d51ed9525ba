"""What templates of a tenant share: how they look, and blocks that several of them include.

Both are copied into a version when that is published: what becomes of them later is of no concern
to it.
"""

from django.db import models

from apps.documents.access import TEMPLATE
from apps.documents.models.uploads import TemplateUpload
from kernel import clock
from kernel.tenancy.models import TenantModel


class Theme(TenantModel):
    """Colours, type and a logo, which templates show as the asset `logo`."""

    access = TEMPLATE

    name = models.CharField(max_length=60)
    #: In points.
    size = models.FloatField(default=10)
    #: `#rrggbb`: of text, of links and the lines of tables, and of every other row of striped ones.
    color = models.CharField(max_length=7, default="#1a1a1a")
    accent = models.CharField(max_length=7, default="#1d4ed8")
    stripe = models.CharField(max_length=7, default="#f3f4f6")
    #: One version of a file, which never changes as the file itself may.
    logo_id = models.UUIDField(null=True, blank=True)
    logo_version = models.PositiveIntegerField(null=True, blank=True)
    #: What documents are set in; ours where there are none.
    fonts = models.ForeignKey(
        TemplateUpload, on_delete=models.PROTECT, null=True, blank=True, related_name="themes"
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "theme"
        indexes = [
            models.Index(fields=("tenant_id", "created_at", "id"), name="documents_themes_newest"),
        ]
        constraints = [
            models.UniqueConstraint(fields=("tenant_id", "name"), name="documents_one_theme")
        ]

    def __str__(self) -> str:
        return self.name


class Partial(TenantModel):
    """Blocks that templates include by name."""

    access = TEMPLATE

    name = models.CharField(max_length=60)
    description = models.CharField(max_length=500, blank=True)
    #: JSON with `takes` and `blocks`, as text: keys keep their order and numbers their digits.
    body = models.TextField()
    created_at = models.DateTimeField(default=clock.now, editable=False)
    updated_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "partial"
        indexes = [
            models.Index(
                fields=("tenant_id", "created_at", "id"), name="documents_partials_newest"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=("tenant_id", "name"), name="documents_one_partial")
        ]

    def __str__(self) -> str:
        return self.name
