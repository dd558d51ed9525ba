"""How a table is written down in a file."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self


class Format(StrEnum):
    """What a table can come and leave as."""

    CSV = "csv"
    TSV = "tsv"
    XLSX = "xlsx"
    ODS = "ods"
    JSONL = "jsonl"
    PARQUET = "parquet"

    @property
    def guarded(self) -> bool:
        """Say whether spreadsheets open it, so that texts like formulas have an apostrophe."""
        return self not in (Format.JSONL, Format.PARQUET)


class Compression(StrEnum):
    """What is around it."""

    NONE = "none"
    GZIP = "gzip"
    ZSTD = "zstd"
    ZIP = "zip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How one file is to be read."""

    format: Format
    compression: Compression = Compression.NONE
    #: Of a zip; empty: the only one.
    member: str = ""
    encoding: str = "utf-8"
    delimiter: str = ","
    #: Empty: quotes are characters like others.
    quote: str = '"'
    #: Two quotes, or an empty text of JSON Lines or Parquet, are a text; else there is no value.
    empty_texts: bool = True
    #: The record, counted from 1, that names the columns; 0: none does.
    header_row: int = 1
    #: Of a workbook; empty: the first that is not hidden.
    sheet: str = ""

    def told(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        """Return what `told` made of one; what it leaves out is as usual."""
        return cls(
            **dict(told)
            | {
                "format": Format(told["format"]),
                "compression": Compression(told.get("compression", Compression.NONE)),
            }
        )
