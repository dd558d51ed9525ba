"""Rows of imports that operations are tried on, each by its name."""

from collections.abc import Callable
from typing import Any

from apps.importexport.models import ImportJob, ImportState, ImportTemplate, RowError
from tests.importexport.tables import countries

_MAPPING = [{"field": "code", "source": "code", "constant": "", "transforms": []}]


def _import(state: ImportState, **columns: Any) -> ImportJob:
    return ImportJob.objects.create(
        name="a.csv",
        format="csv",
        state=state,
        dataset="tables.countries",
        mapping=_MAPPING,
        fingerprint="0" * 64,
        **columns,
    )


def error() -> RowError:
    """Make one of an import that is done."""
    job = _import(ImportState.DONE)
    return RowError.objects.create(
        import_id=job.pk, position=1, line=2, code="REQUIRED", message="a value is expected"
    )


def failed_row() -> ImportJob:
    """Make an import that is done but for one row, which is kept as it came."""
    job = _import(ImportState.DONE, undoable=True, failed=1)
    RowError.objects.create(
        import_id=job.pk,
        position=1,
        line=2,
        code="REQUIRED",
        message="a value is expected",
        cells={"values": {"code": ""}, "surplus": []},
    )
    return job


def looked_at() -> ImportJob:
    """Make an import whose beginning is known, into a table that there is."""
    countries()
    return _import(ImportState.READY, preview={"columns": ["code"], "rows": [["DE"]]})


def template() -> ImportTemplate:
    """Make one for a header that no file has."""
    return ImportTemplate.objects.create(
        name="a", dataset="tables.countries", fingerprint="0" * 64, mode="insert"
    )


#: Each by its name in an operation.
ROWS: dict[str, Callable[[], Any]] = {
    "import error": error,
    "import template": template,
    "import that is ready": lambda: _import(ImportState.READY),
    "import that runs": lambda: _import(ImportState.RUNNING),
    "import that rests": lambda: _import(ImportState.PAUSED),
    "import that is done": lambda: _import(ImportState.DONE, undoable=True, failed=1),
    "import with a row that failed": failed_row,
    "import that was looked at": looked_at,
}
