"""Mappings that are kept for the next file of the same shape."""

from django.db import models

from apps.importexport.access import IMPORT_JOB
from kernel import clock
from kernel.tenancy.models import TenantModel


class ImportTemplate(TenantModel):
    """How files with one header are brought into one dataset."""

    access = IMPORT_JOB

    name = models.CharField(max_length=100)
    dataset = models.CharField(max_length=100)
    #: SHA-256 of the names of the columns, in their order.
    fingerprint = models.CharField(max_length=64, editable=False)
    dialect = models.JSONField(default=dict, blank=True)
    mapping = models.JSONField(default=list)
    rules = models.JSONField(default=list, blank=True)
    mode = models.CharField(max_length=7)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "import template"
        indexes = [
            models.Index(fields=("tenant_id", "created_at", "id"), name="importexport_tpl_newest"),
            models.Index(fields=("tenant_id", "fingerprint", "id"), name="importexport_tpl_header"),
        ]
        constraints = [
            models.UniqueConstraint(fields=("tenant_id", "name"), name="importexport_one_template")
        ]

    def __str__(self) -> str:
        return self.name
