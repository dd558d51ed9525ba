"""What the documents app does for others, such as schedules."""

from collections.abc import Mapping
from typing import Any

from apps.documents.models import (
    BatchPacking,
    BatchState,
    Document,
    DocumentBatch,
    DocumentFormat,
    DocumentState,
)
from apps.documents.models.batches import OPEN
from apps.documents.models.documents import UNFINISHED
from apps.documents.services.batches import cancel_batch, create_batch
from apps.documents.services.documents import cancel_document, create_document
from contracts.chores import Chore, Work, parameters
from kernel.chores.following import row_of, work_of
from kernel.chores.registry import chore

_TEXT = {"type": "string", "maxLength": 255}
_FORMAT = {"enum": list(map(str, DocumentFormat))}
_ID = {"type": "string", "format": "uuid"}
_SOURCES = {
    "data_file": {**_ID, "description": "A file of the files service."},
    "query": {
        "type": "object",
        "description": "A question to the graph, asked when it is made.",
    },
    "import_job": {**_ID, "description": "An import, whose rows are the data."},
    "locale": _TEXT,
    "sign_with": _TEXT,
}


def _look_at_document(began: Mapping[str, Any]) -> Work:
    row = row_of(Document, began["documentId"])
    return work_of(
        row,
        goes_on=UNFINISHED,
        done=(DocumentState.READY,),
        pages=row.pages,
        fileId=str(row.output_id),
    )


@chore(
    Chore(
        name="documents.render",
        title="Make a document",
        description="Makes a document of the published version of a template, with data that are"
        " told, in a file, in an import, or that a question to the graph brings.",
        scope="documents:write",
        parameters=parameters(
            ("template", "format"),
            template=_TEXT,
            format=_FORMAT,
            title=_TEXT,
            data={},
            **_SOURCES,
        ),
    ),
    follow=_look_at_document,
    stop=lambda began: cancel_document(id=began["documentId"]),
)
def render(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """Ask for a document, and return its id."""
    return {"documentId": str(create_document(**told).pk)}


def _look_at_batch(began: Mapping[str, Any]) -> Work:
    row = row_of(DocumentBatch, began["batchId"])
    message = f"{row.made:,} of {row.total:,} documents" if row.total else ""
    return work_of(
        row,
        goes_on=OPEN,
        done=(BatchState.READY,),
        message=message,
        count=(row.made + row.failed, row.total or None),
        made=row.made,
        failed=row.failed,
        fileId=str(row.output_id),
    )


@chore(
    Chore(
        name="documents.merge",
        title="Merge mail",
        description="Makes a document for each of many sets of data, had as one file: a zip, or one"
        " PDF with all of them.",
        scope="documents:write",
        parameters=parameters(
            ("template", "format"),
            template=_TEXT,
            format=_FORMAT,
            title=_TEXT,
            packing={"enum": list(map(str, BatchPacking))},
            data={"type": "array"},
            **_SOURCES,
        ),
    ),
    follow=_look_at_batch,
    stop=lambda began: cancel_batch(id=began["batchId"]),
)
def merge(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """Ask for a batch, and return its id."""
    return {"batchId": str(create_batch(**told).pk)}
