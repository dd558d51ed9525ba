"""Which events an endpoint hears: types, `files.*`, `files.file.*`, or `*` for all."""

from collections.abc import Collection
from typing import Any

MOST_PATTERNS = 50
_ALL = "*"


def checked(told: Any, types: Collection[str]) -> list[str]:
    """Return patterns as they are kept; raises ValueError that names one that fits no type."""
    if not isinstance(told, list) or not 0 < len(told) <= MOST_PATTERNS:
        raise ValueError(f"expected 1 to {MOST_PATTERNS} types of events")
    for pattern in told:
        if not isinstance(pattern, str) or not any(_fits(pattern, one) for one in types):
            raise ValueError(f"there is no event {pattern!r:.120}")
    return list(dict.fromkeys(told))


def wanted(patterns: Collection[str], type_: str) -> bool:
    """Say whether an endpoint hears events of a type."""
    return any(_fits(pattern, type_) for pattern in patterns)


def _fits(pattern: str, type_: str) -> bool:
    if pattern.endswith(".*"):
        return type_.startswith(pattern[:-1])
    return pattern in {_ALL, type_}
