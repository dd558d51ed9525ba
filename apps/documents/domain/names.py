"""What documents are called as files."""

import re
from typing import Final

CONTENT_TYPES: Final = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "html": "text/html",
    "csv": "text/csv",
    "zip": "application/zip",
}
#: What some system takes for more than a letter of a name.
_SPECIAL = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]+')
_MOST = 120


def file_name(title: str, ending: str) -> str:
    """Return a name that every system takes."""
    name = " ".join(_SPECIAL.sub(" ", title).split()).strip(". ")[:_MOST].rstrip(". ")
    return f"{name or 'document'}.{ending}"
