"""Rows that an import has brought, as the data of documents: asked of those who have them."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from apps.documents.conf import DATA_FILE_BYTES
from apps.documents.errors import DataUnreadableError
from apps.documents.models.making import Made
from apps.documents.services.asking import answered
from contracts.datasets import Row
from contracts.importexport import batch_key
from kernel.datasets.client import read_batch
from kernel.errors import NotFoundError, PayloadTooLargeError
from kernel.identity.rights import remaining_rights
from kernel.tenancy.context import acting_as

_IMPORT = "query($id: ID!) { importJob(id: $id) { name state dataset inserted updated } }"
_ROWS = """query($table: String!, $import: ID!, $after: String) {
  dataTableRows(table: $table, importId: $import, first: 100, after: $after) {
    nodes { values } pageInfo { hasNextPage endCursor } } }"""
#: What datasets of the tenant's own begin with; others are an app's.
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
        told = {"name": about["name"], "dataset": about["dataset"]}
        out.write(b'{"import":' + _text(told) + b',"rows":[')
        most, comma = DATA_FILE_BYTES.value(), b""
        for values in _rows(row, about):
            out.write(comma + _text(values))
            comma = b","
            if out.tell() > most:
                raise PayloadTooLargeError(f"of an import {most} bytes are read at most")
        out.write(b"]}")
        size = out.tell()
        out.seek(0)
        yield iter(lambda: out.read(_CHUNK), b""), size


def rows_of_import(row: Made) -> Iterator[Row]:
    """Yield the rows that an import has brought and nobody has changed since.

    Those of a table are in the order of their key, those of an app's dataset in that of the import.
    Raises as `of_import` does.
    """
    yield from _rows(row, _import_of(row))


def _import_of(row: Made) -> dict[str, Any]:
    told: dict[str, Any] = answered(row, "importexport", _IMPORT, id=str(row.import_job_id))[
        "importJob"
    ]
    if told["state"] != "DONE":
        raise DataUnreadableError(f"the import {told['name']!r} is {told['state']}, and not DONE")
    return told


def _rows(row: Made, about: dict[str, Any]) -> Iterator[Row]:
    if str(about["dataset"]).startswith(_OWN):
        return _of_table(row, about["dataset"])
    return _of_batches(row, about)


def _of_table(row: Made, dataset: str) -> Iterator[Row]:
    asked = {"table": dataset, "import": str(row.import_job_id)}
    after: str | None = None
    while True:
        page = answered(row, "importexport", _ROWS, **asked, after=after)["dataTableRows"]
        for node in page["nodes"]:
            yield node["values"]
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]


def _of_batches(row: Made, about: dict[str, Any]) -> Iterator[Row]:
    """Yield rows of an app's dataset, which has a receipt of each batch that the import sent."""
    missing, number = int(about["inserted"]) + int(about["updated"]), 0
    while missing > 0:
        key = batch_key(str(row.import_job_id), number)
        try:
            with acting_as(remaining_rights(row.asked_by)):
                batch = read_batch(about["dataset"], batch=key)
        except NotFoundError:
            raise DataUnreadableError(
                f"of {missing} rows that the import brought into {about['dataset']} nothing is"
                " known any more: ask for them by a query"
            ) from None
        yield from batch.rows
        missing -= batch.changed
        number += 1


def _text(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
