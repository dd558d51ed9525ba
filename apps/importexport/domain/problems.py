"""What can be wrong with a cell or a row of a file, by codes that stay as they are."""

from enum import StrEnum
from typing import Self

#: Of a value that a problem shows.
VALUE_LENGTH = 200


class Code(StrEnum):
    """Why a cell or a row was not taken. Codes are added, never renamed."""

    REQUIRED = "REQUIRED"
    NOT_A_TEXT = "NOT_A_TEXT"
    NOT_AN_INTEGER = "NOT_AN_INTEGER"
    NOT_A_DECIMAL = "NOT_A_DECIMAL"
    TOO_MANY_DIGITS = "TOO_MANY_DIGITS"
    NOT_A_BOOLEAN = "NOT_A_BOOLEAN"
    NOT_A_DATE = "NOT_A_DATE"
    NOT_A_DATETIME = "NOT_A_DATETIME"
    NO_SUCH_TIME = "NO_SUCH_TIME"
    NOT_A_UUID = "NOT_A_UUID"
    NOT_JSON = "NOT_JSON"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    TOO_SHORT = "TOO_SHORT"
    TOO_LONG = "TOO_LONG"
    NO_MATCH = "NO_MATCH"
    NOT_A_CHOICE = "NOT_A_CHOICE"
    SCHEMA = "SCHEMA"
    #: A table that values are looked up in has no such entry.
    NOT_IN_TABLE = "NOT_IN_TABLE"
    #: An expression failed on the row.
    EXPRESSION = "EXPRESSION"
    #: Rules across fields.
    OUT_OF_ORDER = "OUT_OF_ORDER"
    WRONG_COUNT = "WRONG_COUNT"
    #: Whole rows.
    TOO_MANY_VALUES = "TOO_MANY_VALUES"
    MALFORMED = "MALFORMED"
    NOT_UTF8 = "NOT_UTF8"


class RefusedError(Exception):
    """A value was not taken; the message says what is expected, to people."""

    def __init__(self, code: Code, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(f"{code}: {message}")

    def bare(self) -> Self:
        """Return it to be kept: without the frames that raised it, which hold a whole chunk."""
        return type(self)(self.code, self.message)


class PlanError(ValueError):
    """A mapping, a transform or a rule cannot work as it is declared, whatever the rows."""
