"""What a source of rows may have at most."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of one source."""

    source_bytes: int = 20_000_000_000
    #: Of a workbook or a Parquet file, which is held in memory as a whole.
    book_bytes: int = 200_000_000
    #: Of what is compressed; and how many times its own size it may become beyond 100 MB.
    unpacked_bytes: int = 50_000_000_000
    unpacked_times: int = 1_000
    columns: int = 1_000
    cell_characters: int = 1_000_000
    record_characters: int = 4_000_000
    #: Of a sheet from its first cell to its last, whether anything is between them or not.
    sheet_cells: int = 20_000_000


DEFAULT = Limits()
