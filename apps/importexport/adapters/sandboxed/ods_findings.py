"""What the XML of an ODS says that a reader of its values leaves out."""

from collections.abc import Iterator
from typing import Any
from zipfile import ZipFile

from defusedxml.ElementTree import iterparse

from apps.importexport.adapters.sandboxed.findings import Findings, cut_after

CONTENT = "content.xml"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_CELLS = (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell")
#: Where none of them is, nothing is left out.
_TELLING = (b'value-type="error"', b"visibility=", b"formula=", b"spanned=")
_LOST = (b"<text:tab", b"<text:line-break")
#: An error in rows or columns that are repeated is noted so many times.
_MOST_ERRORS = 100_000


def ods_findings(archive: ZipFile, sheet: str) -> Findings:
    """Look through a sheet; a second time, and more slowly, where there is something to find."""
    found = Findings()
    telling = False
    with archive.open(CONTENT) as file:
        for piece in cut_after(file, b">"):
            found.lost_signs = found.lost_signs or any(one in piece for one in _LOST)
            telling = telling or any(one in piece for one in _TELLING)
    if telling:
        with archive.open(CONTENT) as file:
            for at, row in _rows(file, sheet):
                _look(at, row, found)
    return found


def _rows(file: Any, sheet: str) -> Iterator[tuple[int, Any]]:
    """Yield the rows of a sheet, with their numbers from 0; of what is repeated the first."""
    inside, at = False, 0
    for event, element in iterparse(file, events=("start", "end"), forbid_dtd=True):
        if element.tag == f"{_TABLE}table":
            inside = event == "start" and element.get(f"{_TABLE}name") == sheet
            at = 0
        elif event == "end" and element.tag == f"{_TABLE}table-row":
            if inside:
                yield at, element
                at += _times(element, "rows")
            element.clear()


def _look(at: int, row: Any, found: Findings) -> None:
    cells = [cell for cell in row if cell.tag in _CELLS]
    valued = any(cell.get(f"{_OFFICE}value-type") for cell in cells)
    if valued and row.get(f"{_TABLE}visibility") in ("collapse", "filter"):
        found.hidden_rows += _times(row, "rows")
    column = 0
    for cell in cells:
        if any(name.endswith("}value-type") and told == "error" for name, told in cell.items()):
            said = "".join(cell.itertext()) or "#ERROR!"
            found.first_error = found.first_error or f"row {at + 1} ({said})"
            for number in range(at, at + min(_times(row, "rows"), _MOST_ERRORS)):
                for place in range(column, column + _times(cell, "columns")):
                    if found.count < _MOST_ERRORS:
                        found.note(number, place, said)
        elif cell.get(f"{_TABLE}formula") and not cell.get(f"{_OFFICE}value-type"):
            found.unvalued += 1
        found.merged = found.merged or any(
            int(cell.get(f"{_TABLE}number-{what}-spanned", 1)) > 1 for what in ("columns", "rows")
        )
        column += _times(cell, "columns")


def _times(element: Any, what: str) -> int:
    return int(element.get(f"{_TABLE}number-{what}-repeated", 1))
