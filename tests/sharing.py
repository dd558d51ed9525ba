"""Which tests a run leaves out, and in which order processes that share the others take them."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import pytest

#: Markers of what `make test` leaves out.
ELSEWHERE = ("postgres", "live", "node", "browser", "java", "go", "nightly")


def waits(item: pytest.Item) -> bool:
    """Say whether a test mostly waits for servers, a browser or other processes."""
    return _has_any(item, (*ELSEWHERE, "processes"))


def starts_servers(item: pytest.Item) -> bool:
    """Say whether a test asks for real servers."""
    return "servers" in _fixtures(item)


def is_live(item: pytest.Item) -> bool:
    """Say whether a test is marked as one that may start servers."""
    return _has_any(item, ("live", "nightly"))


def differs(item: pytest.Item) -> bool:
    """Say whether a test may tell something else on PostgreSQL than in `make test`.

    It does if `make test` leaves it out, or if it keeps rows and is not marked as `any_database`.
    """
    if item.get_closest_marker("any_database"):
        return False
    keeps_rows = not {"db", "transactional_db"}.isdisjoint(_fixtures(item))
    return keeps_rows or _has_any(item, (*ELSEWHERE, "django_db"))


def shared(items: Sequence[pytest.Item], processes: int) -> list[pytest.Item]:
    """Return tests so that each process begins with what waits and ends with what computes.

    `--dist worksteal` gives each process one part of the list, all of the same length; who has done
    his takes over from the end of another's. So what takes long begins early, and what is taken
    over is short. What waits in one folder stays together: it shares servers, which each process
    starts for itself.
    """
    folders: dict[Path, list[pytest.Item]] = {}
    for item in filter(waits, items):
        folders.setdefault(item.path.parent, []).append(item)
    parts: list[list[pytest.Item]] = [[] for _ in range(processes)]
    for folder in sorted(folders.values(), key=len, reverse=True):
        min(parts, key=len).extend(folder)
    computing: Iterator[pytest.Item] = (item for item in items if not waits(item))
    for part, length in zip(parts, _lengths(len(items), processes), strict=True):
        part.extend(islice(computing, max(0, length - len(part))))
    return [item for part in parts for item in part] + list(computing)


def _lengths(number: int, processes: int) -> Iterator[int]:
    """Give the lengths of the parts, as xdist cuts them."""
    for left in range(processes, 0, -1):
        yield number // left
        number -= number // left


def _has_any(item: pytest.Item, markers: Sequence[str]) -> bool:
    return any(item.get_closest_marker(name) for name in markers)


def _fixtures(item: pytest.Item) -> Sequence[str]:
    found: Sequence[str] = getattr(item, "fixturenames", ())
    return found
