"""What cells of workbooks hold, whichever program they are of."""

import re
from datetime import date
from math import isfinite
from typing import Any

from apps.importexport.errors import ValueUnwritableError
from contracts.datasets import Field, Kind

#: Of a sheet.
MOST_ROWS = 1_048_576
MOST_CHARACTERS = 32_767
#: So many digits a spreadsheet keeps.
_EXACT = 10**15
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
#: Before that day the calendar of workbooks has one too many.
_FIRST_DAY = date(1900, 3, 1)
_ZERO = date(1899, 12, 30).toordinal()


def number_of(value: Any) -> str:
    """Return a number as a workbook keeps it to its last digit, or nothing where it would not."""
    if type(value) is int:
        return str(value) if -_EXACT < value < _EXACT else ""
    if type(value) is float:
        # A workbook has the same ones.
        return repr(value) if isfinite(value) else ""
    digits = str(value).replace(".", "").lstrip("-0")
    return str(value) if len(digits) <= 15 and _NUMBER.fullmatch(str(value)) else ""


def day_of(value: Any) -> int:
    """Return the number of a day that a text of ISO 8601 names; 0 where it has none."""
    try:
        day = date.fromisoformat(value)
    except (ValueError, TypeError):
        return 0
    exact = day >= _FIRST_DAY and day.isoformat() == value
    return day.toordinal() - _ZERO if exact else 0


def check_text(text: str, row: int, field: Field) -> None:
    """Raise ValueUnwritableError for a text that no cell holds."""
    if len(text) > MOST_CHARACTERS:
        raise ValueUnwritableError(
            f"row {row:,}, {field.name}: a cell of a workbook has at most {MOST_CHARACTERS:,}"
            f" characters, this text {len(text):,}: take CSV, JSONL or Parquet, or leave it out"
        )
    if "\ufffe" in text or "\uffff" in text:
        raise ValueUnwritableError(
            f"row {row:,}, {field.name}: U+FFFE and U+FFFF are no characters of a workbook: take"
            " CSV, JSONL or Parquet, or leave them out"
        )


def is_number(kind: Kind) -> bool:
    """Say whether a kind has numbers."""
    return kind in (Kind.INTEGER, Kind.DECIMAL)
