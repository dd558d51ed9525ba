"""Mappings kept for files that come again: known by their headers, whatever order they are in."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from apps.importexport.domain.mapping.columns import Column
from apps.importexport.domain.mapping.names import normal
from apps.importexport.domain.transforms.texts import Join


def fingerprint(columns: Sequence[str]) -> str:
    """Return what files have in common whose headers are the same but for order, case and signs."""
    names = sorted(normal(name) or name for name in columns)
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


def applied(mapping: Sequence[Column], columns: Sequence[str]) -> tuple[Column, ...]:
    """Return a kept mapping with the headers as this file has them.

    A column whose header the file does not have is left out.
    """
    headers = {normal(name) or name: name for name in reversed(columns)}
    headers |= {name: name for name in columns}

    def here(name: str) -> str:
        return headers.get(name) or headers.get(normal(name) or name, "")

    found: list[Column] = []
    for column in mapping:
        if all(here(name) for name in column.sources):
            steps = tuple(
                replace(step, columns=tuple(map(here, step.columns)))
                if isinstance(step, Join)
                else step
                for step in column.transforms
            )
            source = here(column.source) if column.source else ""
            found.append(replace(column, source=source, transforms=steps))
    return tuple(found)
