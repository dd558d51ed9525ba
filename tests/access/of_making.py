"""The operations on documents and batches as data: what operations.py makes rows of."""

from typing import Literal

Effect = Literal["adds", "changes", "removes"]

#: An entity, its field of one and of many, and the row that is meant.
READS = [
    ("DocumentBatch", "documentBatch", "documentBatches", "batch"),
    ("DocumentBatchItem", "documentBatchItem", "documentBatchItems", "batch item"),
]

_MADE = 'template: "letter", format: CSV'
#: Whether there is such a file, and who may see it, is asked by the job.
_FILE = "01900000-0000-7000-8000-000000000000"
_DOCUMENT, _BATCH = "document { id }", "documentBatch { id }"

#: A mutation, what it answers, what it is sent, what it does to the row, and which that is.
CHANGES: list[tuple[str, str, str, Effect, str]] = [
    ("createDocument", _DOCUMENT, _MADE, "adds", ""),
    ("updateDocument", _DOCUMENT, 'id: "$id", title: "May"', "changes", ""),
    ("cancelDocument", _DOCUMENT, 'id: "$id"', "changes", ""),
    ("retryDocument", _DOCUMENT, 'id: "$id"', "changes", "cancelled document"),
    ("mergePdfs", _DOCUMENT, f'fileIds: ["{_FILE}", "{_FILE}"], title: "All"', "adds", ""),
    (
        "splitPdf",
        f"outcomes {{ {_DOCUMENT} error {{ code }} }}",
        f'fileId: "{_FILE}", ranges: [{{first: 1, last: 2}}]',
        "adds",
        "",
    ),
    ("fillPdfForm", _DOCUMENT, f'fileId: "{_FILE}", values: {{name: "Ada"}}', "adds", ""),
    ("createDocumentBatch", _BATCH, f"{_MADE}, data: [{{number: 1}}]", "adds", "batch"),
    ("cancelDocumentBatch", _BATCH, 'id: "$id"', "changes", "batch"),
    ("resumeDocumentBatch", _BATCH, 'id: "$id"', "changes", "cancelled batch"),
    ("deleteDocumentBatch", _BATCH, 'id: "$id"', "removes", "batch"),
]
#: Those that make something of a template, which has to be the tenant's.
OF_TEMPLATES = {"createDocument", "createDocumentBatch"}
