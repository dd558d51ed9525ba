"""A sheet of a workbook becomes CSV: every row from the first on, every cell as its text."""

import datetime as dt
import gc
import io
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any
from zipfile import ZipFile

from python_calamine import CalamineWorkbook, SheetVisibleEnum

from apps.importexport.adapters.sandboxed.findings import (
    Findings,
    findings_of,
    part_of,
)
from apps.importexport.adapters.sandboxed.ods_findings import CONTENT, ods_findings
from apps.importexport.adapters.sandboxed.packages import opened
from apps.importexport.adapters.sandboxed.records import Csv, Made
from apps.importexport.errors import SourceChoiceError, SourceEmptyError, SourceTooLargeError

_BATCH = 1_000
#: Excel keeps so many digits of a number, and has zeros in the place of others.
_EXACT = 10**15


def sheet(data: bytes, *, sheet: str, rows: int, limits: dict[str, int]) -> Made:
    """Return the rows of a sheet, the first so many if `rows` is not 0.

    Beside them `sheets` of the workbook with their names and whether they are `visible`, and
    `warnings`. Raises SourceRefusedError.
    """
    # Nothing that is made here has cycles, and the process ends with the call.
    gc.disable()
    archive = opened(data)
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    sheets = [
        {"name": one.name, "visible": one.visible == SheetVisibleEnum.Visible}
        for one in book.sheets_metadata
    ]
    chosen = _chosen(sheets, sheet)
    found = _findings(archive, chosen, limits["sheet_cells"])
    read = book.get_sheet_by_name(chosen)
    before = read.start[1] if read.start else 0
    width = before + read.width
    if width > limits["columns"]:
        raise SourceTooLargeError(
            f"the sheet has {width:,} columns, a table at most {limits['columns']:,}: take"
            " some away"
        )
    texts = _Texts(found, [""] * before)
    made = Csv()
    values = islice(enumerate(read.iter_rows()), rows or None)
    while batch := list(islice(values, _BATCH)):
        made.add([texts.of(number, row) for number, row in batch])
    made.flush()
    return {"sheets": sheets, "warnings": [*found.warnings(), *texts.warnings()]}, made.parts


def _chosen(sheets: list[dict[str, Any]], wanted: str) -> str:
    names = [one["name"] for one in sheets]
    if wanted:
        if wanted not in names:
            told = ", ".join(map(repr, names[:10]))
            raise SourceChoiceError(f"no sheet {wanted[:60]!r}: choose one of {told}")
        return wanted
    found = next((one["name"] for one in sheets if one["visible"]), "")
    if not found:
        raise SourceEmptyError("the workbook has no sheet that is not hidden: name one")
    return str(found)


def _findings(archive: ZipFile, chosen: str, most_cells: int) -> Findings:
    if part := part_of(archive, chosen):
        return findings_of(archive, part, most_cells=most_cells)
    return ods_findings(archive, chosen) if CONTENT in archive.namelist() else Findings()


class _Texts:
    """The texts of cells, by the types that calamine gives them."""

    def __init__(self, found: Findings, before: list[str]) -> None:
        #: Of columns before the first that has a value, which calamine leaves out.
        self._before = before
        self._errors = found.errors
        self._rounded = 0
        self._of: dict[type, Callable[[Any], str]] = {
            float: self._number,
            int: str,
            bool: lambda value: "true" if value else "false",
            dt.date: dt.date.isoformat,
            dt.datetime: dt.datetime.isoformat,
            dt.time: dt.time.isoformat,
            dt.timedelta: _length,
            type(None): lambda _: "",
        }

    def of(self, number: int, row: list[Any]) -> list[str]:
        """Return a row, numbered from 0, as texts."""
        texts = self._of
        told = [value if type(value) is str else texts[type(value)](value) for value in row]
        if self._before:
            told = self._before + told
        if errors := self._errors.get(number):
            for column, error in errors.items():
                if column < len(told):
                    told[column] = error
        return told

    def warnings(self) -> Iterator[str]:
        """Yield what was seen of numbers."""
        if self._rounded:
            yield (
                f"{self._rounded:,} numbers have more than 15 digits, of which a spreadsheet keeps"
                " 15: if they are ids, format their cells as text and type them anew"
            )

    def _number(self, value: float) -> str:
        if value.is_integer():
            if -_EXACT < value < _EXACT:
                return str(int(value))
            self._rounded += 1
            if abs(value) < 1e21:
                return str(int(value))
        return repr(value)


def _length(value: dt.timedelta) -> str:
    """Return a length of time as clocks show it: 26:30:00."""
    seconds, part = divmod(round(value.total_seconds() * 1_000), 1_000)
    hours, rest = divmod(abs(seconds), 3_600)
    told = f"{'-' if value < dt.timedelta() else ''}{hours:02}:{rest // 60:02}:{rest % 60:02}"
    return f"{told}.{part:03}" if part else told
