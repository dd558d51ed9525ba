"""What a tenant says of its files beside what the installation does."""

from django.db import models

from apps.files.access import FOLDER
from kernel import clock
from kernel.tenancy.models import TenantModel


class AllowedTypes(TenantModel):
    """What the files of a tenant may be, by their own bytes. Without one: what all may be."""

    access = FOLDER

    types = models.JSONField(default=list)
    changed_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = "allowed types"
        verbose_name_plural = "allowed types"
        constraints = [models.UniqueConstraint(fields=("tenant_id",), name="files_types_of_tenant")]

    def __str__(self) -> str:
        return ", ".join(self.types)
