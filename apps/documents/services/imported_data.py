"""Rows that an import has brought, as the data of documents: asked of the importexport service."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from apps.documents.conf import DATA_FILE_BYTES
from apps.documents.errors import DataUnreadableError
from apps.documents.models.making import Made
from apps.documents.services.asking import answered
from kernel.errors import PayloadTooLargeError

_IMPORT = "query($id: ID!) { importJob(id: $id) { name state dataset } }"
_ROWS = """query($table: String!, $import: ID!, $after: String) {
  dataTableRows(table: $table, importId: $import, first: 100, after: $after) {
    nodes { values } pageInfo { hasNextPage endCursor } } }"""
#: What datasets of the tenant's own begin with; of those of apps nobody knows who wrote a row.
_OWN = "tables."
_IN_MEMORY = 1 << 20
_CHUNK = 1 << 18


@contextmanager
def of_import(row: Made) -> Iterator[tuple[Iterator[bytes], int]]:
    """Give a document's data, and how long it is: `import`, and all its `rows`.

    Raises DataUnreadableError, ForbiddenError, PayloadTooLargeError, UnavailableError.
    """
    about = _import_of(row)
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as out:
        out.write(b'{"import":' + _text(about) + b',"rows":[')
        most, comma = DATA_FILE_BYTES.value(), b""
        for values in _rows(row, about["dataset"]):
            out.write(comma + _text(values))
            comma = b","
            if out.tell() > most:
                raise PayloadTooLargeError(f"of an import {most} bytes are read at most")
        out.write(b"]}")
        size = out.tell()
        out.seek(0)
        yield iter(lambda: out.read(_CHUNK), b""), size


def rows_of_import(row: Made) -> Iterator[dict[str, Any]]:
    """Yield the rows that an import has brought and nobody has changed since, by their key.

    Raises as `of_import` does.
    """
    yield from _rows(row, _import_of(row)["dataset"])


def _import_of(row: Made) -> dict[str, Any]:
    told = answered(row, "importexport", _IMPORT, id=str(row.import_job_id))["importJob"]
    if told["state"] != "DONE":
        raise DataUnreadableError(f"the import {told['name']!r} is {told['state']}, and not DONE")
    if not str(told["dataset"]).startswith(_OWN):
        raise DataUnreadableError(
            f"of {told['dataset']} nobody knows which rows an import brought: ask for them by a"
            " query"
        )
    return {"name": told["name"], "dataset": told["dataset"]}


def _rows(row: Made, dataset: str) -> Iterator[dict[str, Any]]:
    asked = {"table": dataset, "import": str(row.import_job_id)}
    after: str | None = None
    while True:
        page = answered(row, "importexport", _ROWS, **asked, after=after)["dataTableRows"]
        for node in page["nodes"]:
            yield node["values"]
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]


def _text(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
