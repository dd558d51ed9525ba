"""What may be done to imports: made, described, checked, started, removed."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from apps.importexport.conf import ACCEPTING
from apps.importexport.domain.endpoints.settings import KINDS
from apps.importexport.domain.formats.dialects import Dialect
from apps.importexport.domain.mapping.columns import mapping_of, told_mapping
from apps.importexport.domain.problems import PlanError
from apps.importexport.models import ErrorPolicy, ImportFormat, ImportJob, ImportMode, ImportState
from apps.importexport.models.imports import AT_WORK
from apps.importexport.services.endpoints import endpoint_of
from apps.importexport.services.failures import enqueue_forgetting
from apps.importexport.services.failures import forget as forget_failures
from apps.importexport.services.import_ends import begin_check, begin_run
from apps.importexport.services.standing import require_room, require_state, set_to_work
from contracts.importexport import ImportCreated, ImportDeleted, ImportStarted
from kernel.errors import ConflictError, DomainError, InvalidInputError, UnavailableError
from kernel.events.publishing import publish, publish_all
from kernel.identity.rights import remembered_rights
from kernel.ids import parse_id
from kernel.jobs.services import enqueue
from kernel.rows import all_locked, check, delete, locked

_ENDINGS = {one.value: one for one in ImportFormat} | {
    "txt": ImportFormat.CSV,
    "tab": ImportFormat.TSV,
    "ndjson": ImportFormat.JSONL,
    "json": ImportFormat.JSONL,
}
_PACKED = (".gz", ".zst", ".zip")
#: What says what an import does, as it is sent.
_PLAN = ("dataset", "mapping", "rules", "mode", "policy", "stop_after", "time_zone")
#: When it may be said anew.
_OPEN = (
    ImportState.DRAFT,
    ImportState.ANALYSING,
    ImportState.READY,
    ImportState.CHECKED,
)


@transaction.atomic
def create_import(
    *,
    name: str,
    format: ImportFormat | str | None = None,
    source_id: str | None = None,
    source_url: str | None = None,
    dialect: Mapping[str, Any] | None = None,
    unattended: bool = False,
    **plan: Any,
) -> ImportJob:
    """Make an import in the current tenant; with a source, a job looks at that.

    One that is `unattended` is started then. `plan` is what else is sent of it, such as its file at
    an endpoint. Raises UnavailableError while none are taken, InvalidInputError, NotFoundError,
    LimitExceededError.
    """
    outside = plan.pop("endpoint_id", None), plan.pop("source_path", None)
    if not ACCEPTING.value():
        raise UnavailableError("no imports are taken for now")
    job = ImportJob(
        name=name,
        format=ImportFormat(format) if format else _format_of(source_url or outside[1] or name),
        unattended=unattended,
        said={**({"format": str(ImportFormat(format))} if format else {}), **(dialect or {})},
        asked_by=remembered_rights(),
    )
    _set_source(job, source_id, source_url, outside)
    _set_plan(job, plan)
    _check(job)
    job.save()
    publish(
        ImportCreated(
            import_id=str(job.pk),
            name=name,
            format=str(job.format),
            source_id=str(job.source_id or ""),
        )
    )
    if _has_source(job):
        set_to_work(job, ImportState.ANALYSING)
    return job


@transaction.atomic
def update_import(
    *,
    id: str,
    name: str | None = None,
    source_id: str | None = None,
    source_url: str | None = None,
    dialect: Mapping[str, Any] | None = None,
    **plan: Any,
) -> ImportJob:
    """Say anew what an import is and does, before it starts; what is not sent stays.

    Of another source or dialect, or into another dataset, it is looked at once more. Raises
    ConflictError once it has started, InvalidInputError, LimitExceededError.
    """
    job = locked(ImportJob, id)
    # One that failed before it brought a row may be mended.
    if job.state != ImportState.FAILED or job.row_count or job.removed or job.batches:
        require_state(job, _OPEN, "described")
    former = (_source_of(job), dict(job.said), job.dataset)
    outside = plan.pop("endpoint_id", None), plan.pop("source_path", None)
    if name is not None:
        job.name = name
    if any(one is not None for one in (source_id, source_url, *outside)):
        enqueue_forgetting(job.source_key)
        job.source_key, job.source_version, job.source_mark = "", None, ""
        job.mended_rows, job.mends = [], []
        _set_source(job, source_id, source_url, outside)
    if dialect is not None:
        job.said = dict(dialect)
    _set_plan(job, plan)
    # A path that is said once more may have another file by now.
    another = former != (_source_of(job), job.said, job.dataset) or outside[1] is not None
    if another and "mapping" not in plan:
        job.mapping = []
    _check(job)
    if job.state in (ImportState.CHECKED, ImportState.FAILED):
        job.state = ImportState.READY if job.preview else ImportState.DRAFT
        job.error_code = job.error_message = ""
        job.finished_at = None
    job.save()
    if another and _has_source(job):
        set_to_work(job, ImportState.ANALYSING)
    return job


@transaction.atomic
def check_import(*, id: str) -> ImportJob:
    """Let a job say of every row whether it can be brought, and bring none.

    Raises ConflictError unless it is ready, InvalidInputError, LimitExceededError.
    """
    job = locked(ImportJob, id)
    require_state(job, (ImportState.READY, ImportState.CHECKED), "checked")
    _require_plan(job)
    require_room(job)
    begin_check(job, asked_by=remembered_rights() or job.asked_by)
    return job


@transaction.atomic
def start_import(*, id: str) -> ImportJob:
    """Let a job bring the rows; of which all are to be, or none, after a dry run without errors.

    Raises ConflictError unless it is ready, or its dry run has found errors that it does not
    allow; InvalidInputError, LimitExceededError.
    """
    job = locked(ImportJob, id)
    require_state(job, (ImportState.READY, ImportState.CHECKED), "started")
    _require_plan(job)
    whole = job.policy == ErrorPolicy.ALL_OR_NOTHING
    if whole and job.state == ImportState.CHECKED and job.failed:
        raise ConflictError(f"{job.failed:,} rows cannot be brought: mend them, or skip them")
    require_room(job)
    job.asked_by = remembered_rights() or job.asked_by
    job.save(update_fields=["asked_by"])
    if whole and job.state == ImportState.READY:
        begin_check(job, starts=True)
    else:
        begin_run(job)
    publish(ImportStarted(import_id=str(job.pk), name=job.name, dataset=job.dataset))
    return job


@transaction.atomic
def delete_import(*, id: str) -> ImportJob:
    """Remove an import and return it as it was; its rows stay where they were brought.

    Raises ConflictError while it is worked on.
    """
    found = locked(ImportJob, id)
    refusal = _at_work(found)
    if refusal:
        raise refusal
    delete([found])
    _forget([found])
    publish(_deleted(found))
    return found


@transaction.atomic
def delete_imports(*, ids: Sequence[str]) -> list[ImportJob | DomainError]:
    """Remove many imports; one that is worked on or not there does not keep the others."""
    found = [
        one if isinstance(one, DomainError) else _at_work(one) or one
        for one in all_locked(ImportJob, ids)
    ]
    gone = delete(found)
    _forget(gone)
    publish_all([_deleted(one) for one in gone])
    return found


def _set_source(
    job: ImportJob,
    source_id: str | None,
    source_url: str | None,
    outside: tuple[str | None, str | None],
) -> None:
    endpoint_id, path = outside
    if bool(source_id) + bool(source_url) + bool(endpoint_id) > 1:
        raise InvalidInputError("a source is a file, a URL, or a file at an endpoint: one of them")
    if bool(endpoint_id) != bool(path):
        raise InvalidInputError("endpointId and sourcePath are sent together")
    job.source_id = parse_id(source_id) if source_id else None
    job.source_url = source_url or ""
    job.endpoint_id = _readable(endpoint_id) if endpoint_id else None
    job.source_path = path or ""
    if source_url and urlsplit(source_url).scheme not in ("http", "https"):
        raise InvalidInputError("sourceUrl begins with https:// or http://")


def _readable(endpoint_id: str) -> UUID:
    endpoint = endpoint_of(endpoint_id)
    if not KINDS[endpoint.kind].reads:
        raise InvalidInputError(f"nothing is read from {endpoint.kind}")
    return endpoint.pk


def _source_of(job: ImportJob) -> tuple[Any, ...]:
    return job.source_id, job.source_url, job.endpoint_id, job.source_path


def _has_source(job: ImportJob) -> bool:
    return any(_source_of(job)) or bool(job.source_key or job.mended_rows)


def _set_plan(job: ImportJob, plan: Mapping[str, Any]) -> None:
    for name in _PLAN:
        if plan.get(name) is not None:
            setattr(job, name, plan[name])


def _check(job: ImportJob) -> None:
    """Raise InvalidInputError for what no import can be, whatever its source."""
    from apps.importexport.domain.checking.rules import rules_of  # noqa: PLC0415  loads polars

    job.mode, job.policy = ImportMode(job.mode), ErrorPolicy(job.policy)
    try:
        job.mapping = told_mapping(mapping_of(job.mapping))
        rules_of(job.rules)
        Dialect.of({"format": str(job.format), **job.said})
    except (PlanError, TypeError, ValueError) as error:
        raise InvalidInputError(str(error)[:300]) from None
    if job.policy == ErrorPolicy.STOP_AFTER and not job.stop_after:
        raise InvalidInputError("stopAfter is 1 or more errors")
    try:
        ZoneInfo(job.time_zone)
    except (KeyError, ValueError, OSError):
        raise InvalidInputError(f"there is no time zone {job.time_zone[:60]!r}") from None
    check(job)


def _require_plan(job: ImportJob) -> None:
    if not job.dataset or not job.mapping:
        raise InvalidInputError("an import names its dataset, and what is mapped to its fields")


def _format_of(name: str) -> ImportFormat:
    path = urlsplit(name).path if "://" in name else name
    path = path.lower()
    for packed in _PACKED:
        path = path.removesuffix(packed)
    return _ENDINGS.get(path.rpartition(".")[2], ImportFormat.CSV)


def _forget(jobs: Sequence[ImportJob]) -> None:
    """Forget what is kept of imports beside their rows, in the caller's transaction."""
    forget_failures(*jobs)
    for job in jobs:
        enqueue_forgetting(job.source_key)
        if job.undoable:
            enqueue("importexport.forget_images", str(job.pk))


def _deleted(found: ImportJob) -> ImportDeleted:
    return ImportDeleted(import_id=str(found.pk), name=found.name)


def _at_work(found: ImportJob) -> ConflictError | None:
    if found.state not in AT_WORK:
        return None
    return ConflictError(f"the import {found.pk} is {found.state}: cancel it first")
