"""Tables that a tenant describes itself; their rows are in real tables of the database."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django.db import models

from apps.importexport.access import DATA_TABLE
from contracts.datasets import Dataset, Field, Mode
from kernel import clock
from kernel.tenancy.models import TenantModel

#: What the names of datasets begin with that are tables of the tenant.
PREFIX = "tables."
#: The most rows that one reading of a table gives.
MOST_ROWS = 5_000


class TableState(models.TextChoices):
    """Where a table stands."""

    READY = "ready"
    #: Its rows are being rewritten; until then nobody reads or writes them.
    CHANGING = "changing"
    #: Read, and not written.
    ARCHIVED = "archived"


class DataTable(TenantModel):
    """A dataset of the tenant's own: its fields, and the key that tells its rows apart."""

    access = DATA_TABLE

    name = models.CharField(max_length=60)
    title = models.CharField(max_length=200)
    description = models.CharField(max_length=1000, blank=True)
    state = models.CharField(max_length=8, choices=TableState, default=TableState.READY)
    #: Each as `contracts.datasets.Field` tells it.
    schema = models.JSONField(default=list)
    #: The names of the fields that together tell rows apart.
    key = models.JSONField(default=list)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    #: When it was described last, which is not when its rows changed.
    changed_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "table"
        indexes = [
            models.Index(
                fields=("tenant_id", "created_at", "id"), name="importexport_tables_newest"
            ),
            models.Index(
                fields=("tenant_id", "state", "created_at", "id"), name="importexport_tables_state"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=("tenant_id", "name"), name="importexport_one_table")
        ]

    def __str__(self) -> str:
        return self.name

    @cached_property
    def described(self) -> Mapping[str, Field]:
        """Its fields by their names, in their order."""
        told: list[dict[str, Any]] = self.schema
        return {one.name: one for one in map(Field.of, told)}

    @property
    def dataset_name(self) -> str:
        """What it is called among all datasets."""
        return f"{PREFIX}{self.name}"

    def dataset(self) -> Dataset:
        """Return it as every dataset is told."""
        return Dataset(
            name=self.dataset_name,
            title=self.title,
            description=self.description,
            fields=tuple(self.described.values()),
            key=tuple(self.key),
            modes=frozenset() if self.state == TableState.ARCHIVED else frozenset(Mode),
            read_scope=DATA_TABLE.read,
            write_scope="" if self.state == TableState.ARCHIVED else "importexport:write",
            filters=tuple(self.described),
            cursor="changed_at",
            most_rows=MOST_ROWS,
        )
