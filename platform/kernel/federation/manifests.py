"""Manifests of the documents that clients registered: files, read without any of the platform."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson
from django.core.exceptions import ImproperlyConfigured

_APOLLO = "apollo-persisted-query-manifest"


def read_manifests(path: Path) -> dict[str, dict[str, str]]:
    """Read a manifest, or every manifest `<client>.json` of a folder, by the client's name.

    A manifest is `{"<id>": "<text>"}`, or what Apollo's generate-persisted-query-manifest writes.
    Raises ImproperlyConfigured.
    """
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    return {file.stem: _manifest(file) for file in files}


def _manifest(file: Path) -> dict[str, str]:
    try:
        data = orjson.loads(file.read_bytes())
        pairs = dict(_apollo(data) if data.get("format") == _APOLLO else data.items())
    except (OSError, ValueError, AttributeError, KeyError, TypeError) as error:
        raise ImproperlyConfigured(
            f"{file.name} is no manifest of documents: {type(error).__name__}"
        ) from None
    if not all(isinstance(text, str) for text in pairs.values()):
        raise ImproperlyConfigured(f"{file.name}: a manifest maps ids to texts")
    return pairs


def _apollo(data: dict[str, Any]) -> Iterable[tuple[str, str]]:
    return ((operation["id"], operation["body"]) for operation in data["operations"])
