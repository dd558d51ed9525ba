"""Templates to begin with: each with its schema, sample data and pictures, ready to be copied."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[1] / "gallery"


@dataclass(frozen=True, slots=True)
class Sample:
    """One template of the gallery.

    `formats` are those that it is made for, the best first; `batch` are further data sets where it
    is meant for many; `pages` those that show what it is.
    """

    name: str
    title: str
    description: str
    formats: tuple[str, ...]
    template: Mapping[str, Any]
    schema: Mapping[str, Any]
    data: Mapping[str, Any]
    batch: tuple[Mapping[str, Any], ...]
    assets: Mapping[str, bytes]
    pages: tuple[int, ...]


@cache
def gallery() -> tuple[Sample, ...]:
    """Return every template of the gallery, by title."""
    found = [_read(about.parent) for about in FOLDER.glob("*/about.json")]
    return tuple(sorted(found, key=lambda one: one.title))


def sample_of(name: str) -> Sample | None:
    """Return a template of the gallery by its name."""
    return next((one for one in gallery() if one.name == name), None)


@cache
def pictures() -> Mapping[str, bytes]:
    """Return the pictures that templates of the gallery have, by name."""
    return {name: content for one in gallery() for name, content in one.assets.items()}


def _read(folder: Path) -> Sample:
    about = _json(folder / "about.json")
    batch = folder / "batch.json"
    assets = FOLDER / "assets"
    return Sample(
        folder.name,
        about["title"],
        about["description"],
        tuple(about["formats"]),
        _json(folder / "template.json"),
        _json(folder / "schema.json"),
        _json(folder / "data.json"),
        tuple(_json(batch)) if batch.exists() else (),
        {name: (assets / f"{name}.png").read_bytes() for name in about.get("assets", ())},
        tuple(about["pages"]),
    )


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
