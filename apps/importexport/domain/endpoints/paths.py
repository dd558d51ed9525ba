"""What the files of an export are called at a place outside."""

import re
from datetime import datetime
from itertools import takewhile

#: What some server takes for more than a letter of a name.
_SPECIAL = re.compile(r"[^A-Za-z0-9._-]+")


def folder_of(
    template: str, *, created_at: datetime, dataset: str, export_id: str, series: str
) -> str:
    """Return the folder of an export; the same at each attempt, whenever that is."""
    parts = {
        "date": created_at.strftime("%Y-%m-%d"),
        "dataset": _plain(dataset) or "query",
        "export": export_id,
        "series": _plain(series) or "single",
    }
    folder = template
    for name, text in parts.items():
        folder = folder.replace(f"{{{name}}}", text)
    return folder


def fixed_part(template: str) -> str:
    """Return the folders that are the same for every export: often the only ones one may write."""
    return "/".join(takewhile(lambda one: "{" not in one, template.split("/")))


def joined(folder: str, name: str) -> str:
    """Return the path of a file in a folder, which may be none."""
    return f"{folder}/{name}" if folder else name


def _plain(text: str) -> str:
    return _SPECIAL.sub("-", text).strip("-.")
