"""What an app has of a tenant: told table by table, for export and for erasure.

An app registers its part in its module `tenant_data`, by one line: the tables follow from its
models. What is not in a table of its own (an index, bytes) is for a subclass.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import models, transaction

from kernel.errors import ConflictError
from kernel.tenancy.context import in_tenant

#: Rows that one transaction erases, so that it stays short.
ERASED_AT_ONCE = 500
#: Rows that are in memory at a time.
READ_AT_ONCE = 500

Model = type[models.Model]
Row = dict[str, Any]
#: Told of a table, and how many of its rows a transaction has erased; called inside of that.
Told = Callable[[str, int], None]

PARTS: dict[str, "TenantPart"] = {}


class TenantPart:
    """The rows of one app that name a tenant.

    `omitted` are columns that are not exported: secrets, and what follows from others. `kept` are
    models whose rows outlast the tenant, each with the reason.
    """

    def __init__(
        self, app: str, *, omitted: Collection[str] = (), kept: Mapping[str, str] | None = None
    ) -> None:
        self.app = app
        self.omitted = frozenset(omitted)
        self.kept = dict(kept or {})

    @property
    def erased_models(self) -> list[Model]:
        """Return what is erased, in an order in which no row is erased that another refers to."""
        found = [
            model
            for model in apps.get_app_config(self.app).get_models()
            if names_a_tenant(model) and model._meta.model_name not in self.kept
        ]
        return _referring_first(found)

    def rows(self, model: Model, tenant_id: UUID) -> models.QuerySet[models.Model]:
        """Return the tenant's rows of a model."""
        return model._base_manager.filter(tenant_id=tenant_id)

    def count(self, tenant_id: UUID) -> dict[str, int]:
        """Return how many rows each table has of the tenant; what has none is left out."""
        with in_tenant(tenant_id):
            counts = {
                model._meta.db_table: self.rows(model, tenant_id).count()
                for model in self.erased_models
            }
        return {table: count for table, count in counts.items() if count}

    def export(self, tenant_id: UUID) -> Iterator[tuple[str, Iterator[Row]]]:
        """Yield each model's name with its rows, in the order in which they refer to each other."""
        for model in reversed(self.erased_models):
            names = [
                field.attname
                for field in model._meta.concrete_fields
                if field.attname not in self.omitted
            ]
            rows = self.rows(model, tenant_id).order_by("pk").values(*names)
            yield str(model._meta.model_name), rows.iterator(chunk_size=READ_AT_ONCE)

    def count_contents(self, _tenant_id: UUID) -> int:
        """Return how many contents there are to export."""
        return 0

    def contents(self, _tenant_id: UUID) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Yield what is not in tables: each with the id of its row, read when its turn comes."""
        yield from ()

    def erase(self, tenant_id: UUID, told: Told) -> None:
        """Remove everything, in transactions of some rows each; goes on after an interruption."""
        with in_tenant(tenant_id):
            for model in self.erased_models:
                while self._erase_some(model, tenant_id, told):
                    pass

    def kept_by(self, _tenant_id: UUID) -> str:
        """Return what forbids to erase anything of the tenant for now; nothing if it is empty."""
        return ""

    def erasing(self, _tenant_id: UUID) -> AbstractContextManager[object]:
        """Return a block around the deletions of one transaction, for walls that have a door."""
        return nullcontext()

    def _erase_some(self, model: Model, tenant_id: UUID, told: Told) -> bool:
        with transaction.atomic():
            rows = self.rows(model, tenant_id).order_by("pk")
            some = list(rows.values_list("pk", flat=True)[:ERASED_AT_ONCE])
            if not some:
                return False
            with self.erasing(tenant_id):
                model._base_manager.filter(pk__in=some).delete()
            told(model._meta.db_table, len(some))
        return True


def register_part(part: TenantPart) -> None:
    """Let the app's data be exported and erased with its tenant."""
    PARTS[part.app] = part


def refuse_kept(tenant_id: UUID) -> None:
    """Raise ConflictError when something of the tenant may not be erased for now."""
    for part in PARTS.values():
        if kept_by := part.kept_by(tenant_id):
            raise ConflictError(f"nothing of the tenant may be erased: {kept_by}")


def names_a_tenant(model: Model) -> bool:
    """Say whether rows of a model belong to a tenant."""
    return any(field.attname == "tenant_id" for field in model._meta.concrete_fields)


def _referring_first(found: list[Model]) -> list[Model]:
    ordered: list[Model] = []

    def visit(model: Model) -> None:
        # Also by references that have no name on the other side.
        for field in model._meta.get_fields(include_hidden=True):
            referring = field.related_model if field.auto_created and not field.concrete else None
            if referring in found and referring is not model:
                visit(referring)
        if model not in ordered:
            ordered.append(model)

    for model in found:
        visit(model)
    return ordered
