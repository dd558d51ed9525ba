"""The source of an import is fetched and looked at: what it is, and what of it is likely what."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.importexport.adapters.reading.plain import Preview, preview
from apps.importexport.domain.formats.dialects import Dialect
from apps.importexport.domain.formats.guessing import SAMPLE_BYTES, guess
from apps.importexport.domain.mapping.columns import mapping_of, told_mapping
from apps.importexport.domain.mapping.suggesting import Suggestion, suggest
from apps.importexport.domain.mapping.templates import applied, fingerprint
from apps.importexport.models import ImportJob, ImportState, ImportTemplate
from apps.importexport.services.import_plans import dataset_named
from apps.importexport.services.import_sources import Source, keep_url, source_of
from apps.importexport.services.standing import fail, move, worked_on, working
from contracts.importexport import ImportAnalysed
from kernel.errors import DomainError
from kernel.events.publishing import publish
from kernel.identity.rights import remaining_rights
from kernel.jobs.running import current_job
from kernel.storage import storage
from kernel.tenancy.context import acting_as

SHOWN_ROWS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was seen of a source."""

    source_version: int | None
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
    key = keep_url(job.source_url)
    rows = ImportJob.objects.filter(pk=job.pk, round=job.round, source_key="")
    if not rows.update(source_key=key):
        storage().delete(key)
        return False
    job.source_key = key
    return True


def _look_at(job: ImportJob) -> Look:
    with source_of(job) as source:
        dialect = _dialect(job, source)
        shown = preview(source.path, dialect, rows=SHOWN_ROWS)
    suggestions: list[Suggestion] = []
    if job.dataset:
        dataset, _ = dataset_named(job.dataset)
        suggestions = suggest(shown.columns, shown.rows, dataset.fields)
    return Look(
        source_version=source.version, dialect=dialect, preview=shown, suggestions=suggestions
    )


def _dialect(job: ImportJob, source: Source) -> Dialect:
    """Return what was said of the dialect, and of the rest what it seems to be."""
    with source.path.open("rb") as file:
        guessed = guess(file.read(SAMPLE_BYTES), name=source.name)
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
