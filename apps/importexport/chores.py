"""What the importexport app does for others, such as schedules."""

from collections.abc import Mapping
from typing import Any

from apps.importexport.services import errands
from apps.importexport.services.exports import create_export
from contracts.chores import Chore, parameters
from kernel.chores.registry import chore

_TEXT = {"type": "string", "maxLength": 255}


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
            compression={"enum": ["none", "gzip", "zstd"]},
            series={"type": "string", "maxLength": 120},
            deliver_to={"type": "array", "items": {"type": "string"}, "maxItems": 10},
        ),
    )
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
    )
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
    )
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
    )
)
def import_from_endpoint(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """Begin an import, and return its id."""
    return {"importJobId": str(errands.import_from_endpoint(**told).pk)}
