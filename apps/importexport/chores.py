"""What the importexport app does for others, such as schedules."""

from collections.abc import Mapping
from typing import Any

from apps.importexport.models import ExportJob, ExportState, ImportJob, ImportState
from apps.importexport.models.exports import UNFINISHED
from apps.importexport.services import errands
from apps.importexport.services.controlling import cancel_import
from apps.importexport.services.exports import cancel_export, create_export
from contracts.chores import Chore, Work, parameters
from kernel.chores.following import row_of, work_of
from kernel.chores.registry import chore

_TEXT = {"type": "string", "maxLength": 255}
#: It is written, whatever became of its files since.
_WRITTEN = (ExportState.READY, ExportState.EXPIRED)
#: It was brought, also where that is taken back by now.
_BROUGHT = (ImportState.DONE, ImportState.UNDOING, ImportState.UNDONE)


def _look_at_export(began: Mapping[str, Any]) -> Work:
    row = row_of(ExportJob, began["exportJobId"])
    message = f"{row.row_count:,} rows" if row.row_count else ""
    return work_of(
        row,
        goes_on=UNFINISHED,
        done=_WRITTEN,
        message=message,
        count=(row.row_count, None),
        rows=row.row_count,
        # None as soon as its files are gone again.
        fileId=str(row.result_id) if row.result_id else None,
    )


def _stop_export(began: Mapping[str, Any]) -> object:
    return cancel_export(id=began["exportJobId"])


def _look_at_import(began: Mapping[str, Any]) -> Work:
    row = row_of(ImportJob, began["importJobId"])
    ended = (*_BROUGHT, ImportState.FAILED, ImportState.CANCELLED)
    return work_of(
        row,
        goes_on=[one for one in ImportState if one not in ended],
        done=_BROUGHT,
        message=f"{row.read:,} rows" if row.read else "",
        count=(row.read, None),
        rows=row.read,
        failed=row.failed,
    )


def _stop_import(began: Mapping[str, Any]) -> object:
    return cancel_import(id=began["importJobId"])


@chore(
    Chore(
        name="importexport.run_export",
        title="Run an export",
        description="Writes rows of a dataset into files. Of a series it has what changed since"
        " the one before.",
        scope="importexport:write",
        parameters=parameters(
            ("dataset", "format"),
            dataset=_TEXT,
            format={"enum": ["csv", "tsv", "xlsx", "ods", "jsonl", "parquet"]},
            name=_TEXT,
            columns={"type": "array", "items": _TEXT, "maxItems": 500},
            filter={"type": "object"},
            order={"type": "array", "items": _TEXT, "maxItems": 8},
            compression={"enum": ["none", "gzip", "zstd"]},
            series={"type": "string", "maxLength": 120},
            deliver_to={"type": "array", "items": {"type": "string"}, "maxItems": 10},
        ),
    ),
    follow=_look_at_export,
    stop=_stop_export,
)
def run_export(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """Ask for an export, and return its id."""
    return {"exportJobId": str(create_export(**told).pk)}


@chore(
    Chore(
        name="importexport.repeat_export",
        title="Repeat an export",
        description="Writes anew what another export was of, and takes it where that went.",
        scope="importexport:write",
        parameters=errands.RUN_EXPORT,
    ),
    follow=_look_at_export,
    stop=_stop_export,
)
def repeat_export(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """Ask for an export like another, and return its id."""
    return {"exportJobId": str(errands.run_export(**told).pk)}


@chore(
    Chore(
        name="importexport.import_from_url",
        title="Import from a URL",
        description="Brings what is at a URL into a dataset, without anybody attending.",
        scope="importexport:write",
        parameters=errands.IMPORT_FROM_URL,
    ),
    follow=_look_at_import,
    stop=_stop_import,
)
def import_from_url(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """Begin an import, and return its id."""
    return {"importJobId": str(errands.import_from_url(**told).pk)}


@chore(
    Chore(
        name="importexport.import_from_endpoint",
        title="Import from a place outside",
        description="Brings a file at an endpoint into a dataset, without anybody attending.",
        scope="importexport:write",
        parameters=errands.IMPORT_FROM_ENDPOINT,
    ),
    follow=_look_at_import,
    stop=_stop_import,
)
def import_from_endpoint(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """Begin an import, and return its id."""
    return {"importJobId": str(errands.import_from_endpoint(**told).pk)}
