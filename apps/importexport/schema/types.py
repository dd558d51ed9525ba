"""Imports, their errors and templates as the graph shows them."""

from typing import Any

import graphene

from apps.importexport.models import (
    ErrorPolicy,
    ImportFormat,
    ImportJob,
    ImportMode,
    ImportState,
    ImportTemplate,
    RowError,
)
from apps.importexport.selectors.imports import Progress, progress_of
from kernel.federation.directives import key
from kernel.federation.entities import Entity
from kernel.federation.references import Reference
from kernel.federation.scalars import JSON

ImportFormatEnum = graphene.Enum.from_enum(ImportFormat)
ImportStateEnum = graphene.Enum.from_enum(ImportState)
ImportModeEnum = graphene.Enum.from_enum(
    ImportMode,
    description="What rows do to those that are there with their key: INSERT refuses them, UPDATE"
    " refuses others, UPSERT does both, REPLACE removes in the end what the source does not have.",
)
ImportPolicyEnum = graphene.Enum.from_enum(
    ErrorPolicy,
    name="ImportPolicy",
    description="What becomes of an import some of whose rows cannot be brought.",
)


class ImportProblem(graphene.ObjectType):
    """Why an import does not go on."""

    code = graphene.String(required=True, description="Stable, as in the table of errors.")
    message = graphene.String(required=True)


class ImportProblemCount(graphene.ObjectType):
    """How many cells or rows of an import have a problem; the most frequent first."""

    column = graphene.String(required=True, description="The field; empty: the row as a whole.")
    code = graphene.String(required=True)
    count = graphene.Float(required=True)


class ImportProgress(graphene.ObjectType):
    """How far an import is; bytes are those of its source as CSV."""

    bytes_read = graphene.Float(required=True)
    bytes_total = graphene.Float(required=True, description="0 until the source is read.")
    fraction = graphene.Float(
        required=True, description="From 0 to 1; while it is taken back, of its rows."
    )
    rows_read = graphene.Float(required=True)
    bytes_per_second = graphene.Float(description="Since it began or went on; null at first.")
    seconds_left = graphene.Float(description="At that rate; null unless it is worked on.")


class ImportSuggestion(graphene.ObjectType):
    """Which column of a source is likely which field of the dataset."""

    field = graphene.String(required=True)
    source = graphene.String(required=True)
    confidence = graphene.Float(required=True, description="From 0 to 1.")
    why = graphene.String(required=True)


class ImportPreview(graphene.ObjectType):
    """What stands at the beginning of a source, as texts."""

    columns = graphene.List(graphene.NonNull(graphene.String), required=True)
    rows = graphene.List(
        graphene.NonNull(graphene.List(graphene.NonNull(graphene.String))), required=True
    )
    warnings = graphene.List(graphene.NonNull(graphene.String), required=True)
    sheets = graphene.List(
        graphene.NonNull(graphene.String), required=True, description="Of a workbook."
    )
    members = graphene.List(
        graphene.NonNull(graphene.String), required=True, description="Of a zip."
    )
    suggestions = graphene.List(graphene.NonNull(ImportSuggestion), required=True)


@key("id")
class ImportJobType(Entity):
    """A table being brought in, a piece at a time."""

    class Meta:
        model = ImportJob
        name = "ImportJob"
        fields = (
            *("id", "name", "source_url", "source_path", "dataset", "stop_after", "time_zone"),
            *("row_count", "inserted", "updated", "unchanged", "failed", "removed", "undone"),
            "kept",
            *("undoable", "created_at", "finished_at"),
        )

    format = ImportFormatEnum(
        required=True, description="As was said, or by its name; then as its source shows."
    )
    state = ImportStateEnum(required=True)
    mode = ImportModeEnum(required=True)
    policy = ImportPolicyEnum(required=True)
    source = Reference("File", column="source_id", description="The file that holds the table.")
    endpoint_id = graphene.ID(description="The data endpoint whose file `sourcePath` is.")
    errors = Reference(
        "File",
        column="errors_id",
        description="A file with the rows that failed, and why: mended, it is sent to"
        " retryFailedImportRows.",
    )
    retry_of = graphene.ID(description="The import whose failed rows these are.")
    job_id = graphene.ID(description="The job that works on it: its progress can be listened to.")
    dialect = JSON(required=True, description="How its source is read: guessed, or as was said.")
    mapping = JSON(
        required=True, description="Which column is which field, and what is done to it."
    )
    rules = JSON(required=True, description="What has to hold across the fields of a row.")
    preview = graphene.Field(ImportPreview, description="Null until its source was looked at.")
    progress = graphene.Field(ImportProgress, required=True)
    error = graphene.Field(ImportProblem, description="Why it failed; null unless it did.")
    said = JSON(required=True, description="What was said of its dialect; the rest is guessed.")
    mends = graphene.List(
        graphene.NonNull(graphene.Float),
        required=True,
        description="Of rows that were mended one by one: their positions in the import that it"
        " retries, in its own order.",
    )
    problems = graphene.List(
        graphene.NonNull(ImportProblemCount),
        required=True,
        description="What is wrong with rows that failed, all of them counted.",
    )

    @staticmethod
    def resolve_preview(job: ImportJob, _info: Any) -> dict[str, Any] | None:
        return job.preview or None

    @staticmethod
    def resolve_progress(job: ImportJob, _info: Any) -> Progress:
        return progress_of(job)

    @staticmethod
    def resolve_mends(job: ImportJob, _info: Any) -> list[int]:
        return job.mends or []

    @staticmethod
    def resolve_problems(job: ImportJob, _info: Any) -> list[dict[str, Any]]:
        return [
            {"column": column, "code": code, "count": count}
            for column, code, count in job.problems or ()
        ]

    @staticmethod
    def resolve_error(job: ImportJob, _info: Any) -> dict[str, str] | None:
        if not job.error_code:
            return None
        return {"code": job.error_code, "message": job.error_message}


@key("id")
class ImportErrorType(Entity):
    """Why a row was not brought in."""

    class Meta:
        model = RowError
        name = "ImportError"
        fields = ("id", "column", "source", "value", "code", "message")

    import_id = graphene.ID(required=True)
    position = graphene.Float(required=True, description="Of the row in the source, from 1.")
    line = graphene.Float(required=True, description="On which the row begins.")


@key("id")
class ImportTemplateType(Entity):
    """How files with one header are brought into one dataset."""

    class Meta:
        model = ImportTemplate
        name = "ImportTemplate"
        fields = ("id", "name", "dataset", "created_at")

    mode = ImportModeEnum(required=True)
    mapping = JSON(required=True)
    rules = JSON(required=True)
