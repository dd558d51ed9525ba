"""What the files of exports are called."""

import re
from typing import Final

_CONTENT_TYPES: Final = {
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "jsonl": "application/jsonl",
    "parquet": "application/vnd.apache.parquet",
}
_PACKED: Final = {
    "gzip": (".gz", "application/gzip"),
    "zstd": (".zst", "application/zstd"),
}
#: What some system takes for more than a letter of a name.
_SPECIAL = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]+')
_MOST = 120


def file_name(title: str, format: str, compression: str = "none", *, part: int = 0) -> str:
    """Return a name that every system takes; `part` counts from 1 where there are more."""
    name = " ".join(_SPECIAL.sub(" ", title).split()).strip(". ")
    name = name.removesuffix(f".{format}")[:_MOST].rstrip(". ") or "export"
    number = f"-{part:03}" if part else ""
    ending, _ = _PACKED.get(compression, ("", ""))
    return f"{name}{number}.{format}{ending}"


def content_type(format: str, compression: str = "none") -> str:
    """Return the media type of such a file."""
    _, packed = _PACKED.get(compression, ("", ""))
    return packed or _CONTENT_TYPES[format]
