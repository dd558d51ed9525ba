"""The operations on imports as data: what operations.py makes rows of."""

from typing import Literal

Effect = Literal["none", "adds", "changes", "removes"]

#: An entity, its field of one and of many, and the row that is meant.
READS = [
    ("ImportError", "importError", "importErrors", "import error"),
    ("ImportTemplate", "importTemplate", "importTemplates", "import template"),
]

_JOB, _TEMPLATE = "importJob { id }", "importTemplate { id }"
_A_FILE = "01900000-0000-7000-8000-000000000000"

#: A mutation, what it answers, what it is sent, what it does to the row, and which that is.
CHANGES: list[tuple[str, str, str, Effect, str]] = [
    ("createImportJob", _JOB, f'name: "b.csv", format: CSV, sourceId: "{_A_FILE}"', "adds", ""),
    ("updateImportJob", _JOB, 'id: "$id", name: "c.csv"', "changes", ""),
    ("checkImportJob", _JOB, 'id: "$id"', "changes", "import that is ready"),
    ("startImportJob", _JOB, 'id: "$id"', "changes", "import that is ready"),
    ("pauseImportJob", _JOB, 'id: "$id"', "changes", "import that runs"),
    ("resumeImportJob", _JOB, 'id: "$id"', "changes", "import that rests"),
    ("cancelImportJob", _JOB, 'id: "$id"', "changes", ""),
    ("undoImportJob", _JOB, 'id: "$id"', "changes", "import that is done"),
    (
        "retryFailedImportRows",
        _JOB,
        f'id: "$id", sourceId: "{_A_FILE}"',
        "adds",
        "import that is done",
    ),
    (
        "repairImportRows",
        _JOB,
        'id: "$id", rows: [{position: 1, values: {code: "b"}}]',
        "adds",
        "import with a row that failed",
    ),
    ("deleteImportJob", _JOB, 'id: "$id"', "removes", ""),
    (
        "deleteImportJobs",
        f"outcomes {{ {_JOB} error {{ code }} }}",
        'ids: ["$id"]',
        "removes",
        "",
    ),
    (
        "createImportTemplate",
        _TEMPLATE,
        'name: "new", importId: "$id"',
        # To the import itself, of which another row is made.
        "none",
        "import that is ready",
    ),
    ("updateImportTemplate", _TEMPLATE, 'id: "$id", name: "b"', "changes", "import template"),
    ("deleteImportTemplate", _TEMPLATE, 'id: "$id"', "removes", "import template"),
]
#: Those that make something of an import, which has to be the tenant's.
OF_IMPORTS = {"createImportTemplate", "repairImportRows", "retryFailedImportRows"}
#: Reads of what is no entity: what is asked, and the row that is meant.
QUESTIONS = [
    (
        "importFailedRows",
        'importFailedRows(importId: "$id") { totalCount nodes { position values } }',
        "import with a row that failed",
    ),
    (
        "importTriedColumn",
        'importTriedColumn(importId: "$id", column: {field: "code", source: "code"}) { text }',
        "import that was looked at",
    ),
]
