"""The names of columns."""

from collections.abc import Sequence


def unique_names(header: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return a name for each column, no two alike, and a warning for each that had to be made.

    White space around and within names counts as single spaces; one without a name is called
    `column 3` by its place, and the second `name` is `name (2)`.
    """
    told = [" ".join(name.split()) for name in header]
    taken = {name for name in told if name}
    seen: set[str] = set()
    names, warnings = [], []
    for place, name in enumerate(told, start=1):
        found = name or f"column {place}"
        number = 1
        while found in seen or (number > 1 and found in taken) or (not name and found in taken):
            number += 1
            found = f"{name or f'column {place}'} ({number})"
        seen.add(found)
        names.append(found)
        if not name:
            warnings.append(f"column {place} has no name in the header: it is called {found!r}")
        elif found != name:
            warnings.append(f"the header names {name!r} twice: column {place} is called {found!r}")
    return tuple(names), tuple(warnings)
