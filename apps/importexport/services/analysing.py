"""The source of an import is fetched and looked at: what it is, and what of it is likely what."""

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.importexport.adapters.endpoints.ports import Seen
from apps.importexport.adapters.reading.plain import Preview, guess_in_zip, preview
from apps.importexport.domain.formats.dialects import Compression, Dialect, Format
from apps.importexport.domain.formats.guessing import SAMPLE_BYTES, guess
from apps.importexport.domain.mapping.columns import mapping_of, told_mapping
from apps.importexport.domain.mapping.suggesting import Suggestion, suggest
from apps.importexport.domain.mapping.templates import applied, fingerprint
from apps.importexport.models import ImportJob, ImportState, ImportTemplate
from apps.importexport.services.import_ends import begin_check
from apps.importexport.services.import_plans import dataset_named
from apps.importexport.services.import_sources import HEAD_BYTES, keep_url, opened
from apps.importexport.services.imports import start_import
from apps.importexport.services.repairing import keep_mended
from apps.importexport.services.standing import (
    fail,
    move,
    tell_failed,
    told,
    worked_on,
    working,
)
from contracts.importexport import ImportAnalysed
from kernel import clock
from kernel.errors import DomainError
from kernel.events.publishing import publish
from kernel.identity.rights import remaining_rights
from kernel.jobs.running import current_job
from kernel.storage import storage
from kernel.tenancy.context import acting_as

SHOWN_ROWS = 50
#: Of which the beginning tells what they are.
_TEXTS = (Format.CSV, Format.TSV, Format.JSONL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was seen of a source."""

    source_version: int | None = None
    seen: Seen | None = None
    dialect: Dialect
    preview: Preview
    suggestions: list[Suggestion] = field(default_factory=list)


def analyse_import(import_id: UUID, round_: int) -> None:
    """Look at the source of an import. Told twice, or after a crash, it is looked at once more."""
    job = working(import_id, round_, ImportState.ANALYSING)
    if job is None:
        return
    try:
        if job.source_url and not job.source_key and not _keep_url(job):
            return
        if job.mended_rows and not keep_mended(job):
            return
        current_job().progress(0, 1, "reading the source")
        with acting_as(remaining_rights(job.asked_by)):
            look = _look_at(job)
    except DomainError as error:
        if error.retryable:
            raise
        fail(job, error)
        return
    _note(job, look)


def _keep_url(job: ImportJob) -> bool:
    """Fetch the source from its URL; False when nobody wants it any more."""
    key = keep_url(job.source_url, look=partial(_show_early, job))
    rows = ImportJob.objects.filter(pk=job.pk, round=job.round, source_key="")
    if not rows.update(source_key=key):
        storage().delete(key)
        return False
    job.source_key = key
    return True


def _look_at(job: ImportJob) -> Look:
    """Look at a source, and fetch no more of it than that takes."""
    with opened(job) as source:
        source.fetch(HEAD_BYTES)
        dialect = _dialect(job, source.path, source.name)
        if not _begins_with_all(dialect):
            source.fetch()
        if dialect.compression is Compression.ZIP:
            # Which file of it is the table, its end tells.
            dialect = _said(job, guess_in_zip(source.path, dialect.member))
        shown, suggestions = _seen_in(job, source.path, dialect)
    return Look(
        source_version=source.version,
        seen=source.seen,
        dialect=dialect,
        preview=shown,
        suggestions=suggestions,
    )


def _show_early(job: ImportJob, path: Path) -> None:
    """Show the beginning of a long source while the rest of it is fetched."""
    try:
        with acting_as(remaining_rights(job.asked_by)):
            dialect = _dialect(job, path, job.source_url.rpartition("/")[2])
            if not _begins_with_all(dialect):
                return
            shown, suggestions = _seen_in(job, path, dialect)
    except DomainError:
        # The whole is looked at in the end: what is wrong is said then.
        return
    look = Look(dialect=dialect, preview=shown, suggestions=suggestions)
    rows = ImportJob.objects.filter(pk=job.pk, round=job.round, state=ImportState.ANALYSING)
    rows.update(preview=_told(look), dialect=dialect.told())


def _begins_with_all(dialect: Dialect) -> bool:
    """Say whether the beginning of a source tells all that is shown of it."""
    return dialect.format in _TEXTS and dialect.compression is not Compression.ZIP


def _seen_in(job: ImportJob, path: Path, dialect: Dialect) -> tuple[Preview, list[Suggestion]]:
    shown = preview(path, dialect, rows=SHOWN_ROWS)
    if not job.dataset:
        return shown, []
    dataset, _ = dataset_named(job.dataset)
    return shown, suggest(shown.columns, shown.rows, dataset.fields)


def _dialect(job: ImportJob, path: Path, name: str) -> Dialect:
    """Return what was said of the dialect, and of the rest what it seems to be."""
    with path.open("rb") as file:
        return _said(job, guess(file.read(SAMPLE_BYTES), name=name))


def _said(job: ImportJob, guessed: Dialect) -> Dialect:
    return Dialect.of({**guessed.told(), **job.said})


@transaction.atomic
def _note(job: ImportJob, look: Look) -> None:
    found = worked_on(job)
    if found is None:
        return
    print_ = fingerprint(look.preview.columns)
    template = _template_for(found, print_)
    mapping = found.mapping
    if not mapping and template is not None:
        kept = applied(mapping_of(template.mapping), look.preview.columns)
        mapping = told_mapping(kept)
    elif not mapping:
        mapping = told_mapping([one.column for one in look.suggestions])
    move(
        found,
        ImportState.READY,
        source_version=look.source_version,
        source_mark=look.seen.mark if look.seen else "",
        source_bytes=look.seen.size_bytes if look.seen else 0,
        dialect=look.dialect.told(),
        format=look.dialect.format.value,
        preview=_told(look),
        fingerprint=print_,
        mapping=mapping,
    )
    publish(
        ImportAnalysed(
            import_id=str(found.pk),
            name=found.name,
            format=found.format,
            columns=len(look.preview.columns),
        )
    )
    if found.mends:
        # Whoever has mended rows waits for what is said of them now.
        begin_check(found)
    if found.unattended:
        _start(found)


def _start(job: ImportJob) -> None:
    """Start an import that nobody attends; why that cannot be stands in it."""
    try:
        start_import(id=str(job.pk))
    except DomainError as error:
        move(job, ImportState.FAILED, finished_at=clock.now(), **told(error))
        tell_failed(job)


def _template_for(job: ImportJob, print_: str) -> ImportTemplate | None:
    """Return the newest template for files with this header and into this dataset."""
    rows = ImportTemplate.objects.filter(fingerprint=print_, dataset=job.dataset)
    return rows.order_by("-id").first()


def _told(look: Look) -> dict[str, Any]:
    shown = look.preview
    return {
        "columns": list(shown.columns),
        "rows": [list(row) for row in shown.rows],
        "warnings": list(shown.warnings),
        "sheets": list(shown.sheets),
        "members": list(shown.members),
        "suggestions": [
            {
                "field": one.field,
                "source": one.source,
                "confidence": one.confidence,
                "why": one.why,
            }
            for one in look.suggestions
        ],
    }
