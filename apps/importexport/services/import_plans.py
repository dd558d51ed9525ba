"""What becomes of the columns of a source: an import's mapping, held to its dataset."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from apps.importexport.adapters.reading.plain import Plain
from apps.importexport.domain.checking.plans import Plan
from apps.importexport.domain.checking.rules import rules_of
from apps.importexport.domain.mapping.columns import Column, mapping_of
from apps.importexport.domain.problems import PlanError
from apps.importexport.errors import PlanRefusedError
from apps.importexport.models import DataTable, ErrorPolicy, ImportJob
from apps.importexport.models.rows import column_of, physical_name, usable_rows
from apps.importexport.models.tables import PREFIX
from apps.importexport.selectors.tables import table_named
from apps.importexport.services import owners
from apps.importexport.services.related import check_datasets, is_outside
from apps.importexport.services.staging import Linked, Target
from apps.importexport.services.standing import seen_round
from contracts.datasets import Dataset, Field, Kind, Mode, Relation
from kernel import clock
from kernel.errors import NotFoundError
from kernel.ids import new_id
from kernel.tenancy.context import current_tenant_id, require


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A mapping of fields that the dataset has."""

    dataset: Dataset
    #: Of the tenant's own tables; None: another app keeps the dataset.
    table: DataTable | None
    mapping: tuple[Column, ...]
    fields: tuple[Field, ...]

    @property
    def sources(self) -> Mapping[str, str]:
        """The header of each field."""
        return {one.field: one.source for one in self.mapping}


def dataset_named(name: str) -> tuple[Dataset, DataTable | None]:
    """Return a dataset, and the table it is if it is one of the tenant's.

    Raises NotFoundError, ForbiddenError. Of other apps it is asked outside of transactions only.
    """
    if name.startswith(PREFIX):
        table = table_named(name.removeprefix(PREFIX))
        return table.dataset(), table
    return owners.describe(name), None


def bound(job: ImportJob) -> Bound:
    """Return what the import is to do; raises PlanRefusedError, NotFoundError, ForbiddenError."""
    if not job.dataset:
        raise PlanRefusedError("no dataset is named")
    dataset, table = dataset_named(job.dataset)
    require(dataset.write_scope or "importexport:write")
    mode = Mode(job.mode)
    if mode not in dataset.modes:
        able = ", ".join(sorted(dataset.modes)) or "nothing"
        raise PlanRefusedError(f"{dataset.name} can be changed by {able}, not by {mode}")
    if mode is Mode.REPLACE and table is None:
        raise PlanRefusedError("only a table is replaced; of other apps' rows use upsert")
    if job.policy == ErrorPolicy.ALL_OR_NOTHING and table is None:
        _check_whole(dataset, mode)
    try:
        mapping = mapping_of(job.mapping)
    except PlanError as error:
        raise PlanRefusedError(str(error)) from None
    names = {one.field for one in mapping}
    if missing := [name for name in dataset.key if name not in names]:
        raise PlanRefusedError(f"nothing is mapped to {', '.join(missing)}, the key")
    wanted = [one.name for one in dataset.fields if one.required and one.name not in names]
    if wanted and mode is not Mode.UPDATE:
        raise PlanRefusedError(f"nothing is mapped to {', '.join(wanted)}, which is required")
    # A row without its key is none, whether or not the dataset says so.
    fields = tuple(
        replace(one, required=True) if one.name in dataset.key else one
        for one in dataset.fields
        if one.name in names
    )
    if table is not None:
        check_datasets(fields)
    return Bound(dataset=dataset, table=table, mapping=mapping, fields=fields)


def _check_whole(dataset: Dataset, mode: Mode) -> None:
    """Raise PlanRefusedError where what was brought before a row fails cannot be taken back."""
    if not owners.undoes(dataset.name):
        raise PlanRefusedError(
            f"{dataset.name} keeps no receipts, so what was brought before a row fails stays: take"
            " another policy"
        )
    if mode is not Mode.UPDATE and not owners.deletes(dataset.name):
        raise PlanRefusedError(
            f"rows of {dataset.name} may not be deleted, so what was brought before a row fails"
            " stays: take another policy"
        )


def plan_of(job: ImportJob, what: Bound, plain: Plain) -> Plan:
    """Return how the records of a source are checked; raises PlanRefusedError."""
    try:
        return Plan(
            columns=plain.columns,
            mapping=what.mapping,
            fields=what.fields,
            delimiter=plain.delimiter,
            quote=plain.quote,
            empty_texts=plain.empty_texts,
            guarded=plain.guarded,
            rules=rules_of(job.rules),
            zone=ZoneInfo(job.time_zone),
        )
    except PlanError as error:
        raise PlanRefusedError(str(error)) from None


def target_of(job: ImportJob, what: Bound, table: DataTable) -> Target:
    """Return where rows go; raises UnavailableError while the table is rewritten."""
    rows = usable_rows(table)
    names = [one.field for one in what.mapping]
    columns = rows.columns()
    return Target(
        table=physical_name(table),
        tenant_id=current_tenant_id(),
        import_id=job.pk,
        round=seen_round(job),
        mode=Mode(job.mode),
        fields=tuple(names),
        columns=tuple(column_of(name) for name in names),
        kept=tuple(
            _keeping(columns[column_of(name)], table.described[name].kind) for name in names
        ),
        all_columns=tuple(columns),
        key=tuple(map(column_of, table.key)),
        unique=tuple(
            column_of(one) for one in what.fields if one.unique and table.key != [one.name]
        ),
        links=tuple(
            _link(one.name, one.relation, table)
            for one in what.fields
            if one.relation is not None and not is_outside(one)
        ),
        now=clock.now(),
        prefix=new_id().hex[:24],
    )


def _link(name: str, to: Relation, table: DataTable) -> Linked:
    try:
        other = table_named(to.dataset.removeprefix(PREFIX))
    except NotFoundError:
        raise PlanRefusedError(f"{name} leads to {to.dataset}, which is not there") from None
    return Linked(
        column=column_of(name),
        table=physical_name(other),
        of_column=column_of(to.field),
        dataset=to.dataset,
        is_same_table=other.pk == table.pk,
    )


def _keeping(column: Any, kind: Kind) -> Callable[[Any], Any]:
    """Return what makes of a value of a frame what the column holds."""
    if kind in (Kind.TEXT, Kind.JSON, Kind.INTEGER, Kind.BOOLEAN):
        # JSON comes as its text, which is what is kept of it.
        return _as_it_is
    return lambda value: column.get_db_prep_save(value, connection)


def _as_it_is(value: Any) -> Any:
    return value
