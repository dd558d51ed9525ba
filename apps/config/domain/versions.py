"""Semantic versions: order by precedence, and the ranges of flagd and of npm."""

import re
from collections.abc import Callable
from functools import lru_cache
from operator import eq, ge, gt, le, lt, ne
from typing import Any

_PART = r"(0|[1-9]\d{0,17})"
_IDENTIFIER = r"(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)"
_VERSION = re.compile(
    rf"{_PART}\.{_PART}\.{_PART}(?:-({_IDENTIFIER}(?:\.{_IDENTIFIER})*))?(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?",
    re.ASCII,
)
LENGTH = 256

Suffix = tuple[tuple[int, int, str], ...]
Version = tuple[int, int, int, bool, Suffix]


@lru_cache(maxsize=4096)
def parse(version: str) -> Version | None:
    """Return a key that sorts by precedence, or None; what stands after `+` does not count."""
    found = _VERSION.fullmatch(version) if len(version) <= LENGTH else None
    if found is None:
        return None
    major, minor, patch, suffix = found.groups()
    return int(major), int(minor), int(patch), suffix is None, _suffix(suffix or "")


def _suffix(suffix: str) -> Suffix:
    # Numbers come before texts.
    return tuple(
        (0, int(part), "") if part.isdigit() else (1, 0, part) for part in suffix.split(".") if part
    )


@lru_cache(maxsize=4096)
def lenient(version: str) -> Version | None:
    """Parse as flagd does: a leading `v` is dropped, `1` and `1.2` are filled up with zeros."""
    if len(version) > LENGTH:
        return None
    if version.startswith(("v", "V")):
        version = version[1:]
    numbers = re.split(r"[-+]", version, maxsplit=1)[0]
    missing = max(0, 2 - numbers.count("."))
    return parse(numbers + ".0" * missing + version[len(numbers) :])


COMPARISONS: dict[str, Callable[[Version, Version], bool]] = {
    "=": eq,
    "!=": ne,
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
    "^": lambda a, b: a[0] == b[0],
    "~": lambda a, b: a[:2] == b[:2],
}


def as_version(value: Any) -> Version | None:
    """Read a context's value; a number such as 2 or 1.5 is a version too."""
    if isinstance(value, str):
        return lenient(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return lenient(str(value))
    return None


@lru_cache(maxsize=1024)
def parse_range(expression: str) -> Callable[[Version], bool] | None:
    """Compile a range such as `>=1.2 <2 || ^3.1`: spaces are and, `||` is or."""
    choices = []
    for choice in expression.split("||"):
        tests = [_bound(word) for word in re.sub(r"([<>=^~]+)\s+", r"\1", choice).split()]
        if not tests or None in tests or len(expression) > 4 * LENGTH:
            return None
        choices.append([test for test in tests if test is not None])
    return lambda version: any(all(test(version) for test in tests) for tests in choices)


def _bound(word: str) -> Callable[[Version], bool] | None:
    found = re.fullmatch(r"(<=|>=|<|>|=|\^|~)?(.+)", word)
    edge = lenient(found[2]) if found else None
    if found is None or edge is None:
        return None
    name = found[1] or "="
    if name in "^~":
        top = _next(edge, narrow=name == "~")
        return lambda version: edge <= version < top
    compare = COMPARISONS[name]
    return lambda version: compare(version, edge)


def _next(version: Version, *, narrow: bool) -> Version:
    """Return what `^` and `~` stop before: npm's rule, by which 0.x breaks with each minor."""
    major, minor, patch = version[:3]
    if narrow or (major == 0 and minor > 0):
        above = (major, minor + 1, 0)
    elif major > 0:
        above = (major + 1, 0, 0)
    else:
        above = (0, 0, patch + 1)
    return *above, False, ()
