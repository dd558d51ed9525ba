"""A rule as a table: whoever passes all tests of a row gets its outcome, and the first row wins."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from apps.config.domain.importing.reports import Import

Json = Any

#: Rows of one flag: alternatives within alternatives multiply.
MOST_ROWS = 100


class NotRepresentableError(Exception):
    """A rule says something that the other system has no words for."""


@contextmanager
def leaving_out(result: Import, key: str) -> Iterator[None]:
    """Note a flag as left out if it cannot be written; one that is odd takes no others down."""
    try:
        yield
    except NotRepresentableError as error:
        result.left_out(key, str(error))
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        result.left_out(key, "a rule that is not written as it should be")


@dataclass(frozen=True, slots=True)
class Test:
    """One comparison, or its opposite."""

    operator: str
    arguments: tuple[Json, ...]
    negated: bool = False


Row = tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class Branch:
    """What somebody gets who passes all tests: a variant, a rule that splits, or nothing (None).

    Whom a rule leaves without anything goes on to the next row if it says so, and else gets the
    default.
    """

    tests: Row
    outcome: str | Mapping[str, Json] | None
    goes_on: bool = False

    @property
    def splits(self) -> bool:
        """Whether a rule decides it."""
        return not isinstance(self.outcome, str | None)


def branches(
    flag: Mapping[str, Json], evaluators: Mapping[str, Json], segments: Mapping[str, Json]
) -> list[Branch]:
    """Return the rows of a flag, the last one for everybody; raises NotRepresentableError."""
    reader = _Reader(evaluators, segments)
    default = flag.get("defaultVariant") or None
    rule = flag.get("targeting")
    found = reader.outcomes(rule, ((),)) if rule else [Branch((), None)]
    rows = [replace(each, outcome=each.outcome or default) for each in found]
    if len(rows) > MOST_ROWS:
        raise NotRepresentableError(f"more than {MOST_ROWS} alternatives")
    return rows


def with_rests(rows: list[Branch], default: str | None) -> list[Branch]:
    """Let every split go on, to a row of its own for whom it leaves without anything."""
    found: list[Branch] = []
    for row in rows:
        found.append(replace(row, goes_on=row.splits))
        if row.splits and not row.goes_on:
            found.append(Branch(row.tests, default))
    return found


class _Reader:
    def __init__(self, evaluators: Mapping[str, Json], segments: Mapping[str, Json]) -> None:
        self._evaluators = evaluators
        self._segments = segments

    def outcomes(self, rule: Json, within: tuple[Row, ...]) -> list[Branch]:
        """Return what a rule gives to those within any of the rows."""
        if isinstance(rule, bool):
            rule = str(rule).lower()
        if rule is None or isinstance(rule, str):
            return [Branch(row, rule) for row in within]
        name, given = _operator(rule)
        if name in ("if", "?:"):
            return self._choices(list(given), within)
        if name == "$ref":
            return self.outcomes(self._evaluator(given), within)
        if name == "or" and given:
            return self._firsts(list(given), within)
        return [Branch(row, rule) for row in within]

    def _firsts(self, parts: list[Json], within: tuple[Row, ...]) -> list[Branch]:
        """Return what the first part gives that gives anything."""
        found: list[Branch] = []
        *firsts, last = parts
        for part in firsts:
            rows = without_nothing(self.outcomes(part, within), lambda row: row.outcome is None)
            if any(row.splits and not row.goes_on for row in rows[:-1]):
                raise NotRepresentableError("a split among other choices, with more after them")
            found += [replace(row, goes_on=row.splits) for row in rows]
        return found + self.outcomes(last, within)

    def _choices(self, parts: list[Json], within: tuple[Row, ...]) -> list[Branch]:
        found: list[Branch] = []
        while len(parts) > 1:
            condition, outcome, *parts = parts
            found += self.outcomes(outcome, _both(within, self.rows(condition)))
        return found + self.outcomes(parts[0] if parts else None, within)

    def rows(self, rule: Json, *, negated: bool = False) -> tuple[Row, ...]:
        """Return a condition as alternatives, each of tests that all have to pass."""
        if not isinstance(rule, dict | list):
            return ((),) if bool(rule) != negated else ()
        name, given = _operator(rule)
        match name:
            case "!" | "!!":
                return self.rows(given[0], negated=negated != (name == "!"))
            case "and" | "or":
                parts = [self.rows(each, negated=negated) for each in given]
                return _all(parts) if (name == "and") != negated else _any(parts)
            case "$ref":
                return self.rows(self._evaluator(given), negated=negated)
            case "septet.segment":
                return self.rows(self._segment(given[0]), negated=negated)
            case _:
                return ((Test(name, tuple(given), negated),),)

    def _evaluator(self, given: list[Json]) -> Json:
        if given[0] not in self._evaluators:
            raise NotRepresentableError(f"there is no evaluator {given[0]!r}")
        return self._evaluators[given[0]]

    def _segment(self, name: str) -> Json:
        segment = self._segments.get(name)
        if segment is None:
            raise NotRepresentableError(f"there is no segment {name!r}")
        unit = {"var": segment.get("attribute", "targetingKey")}
        parts: list[Json] = []
        if segment.get("members"):
            parts.append({"in": [unit, segment["members"]]})
        if segment.get("rule"):
            parts.append(segment["rule"])
        inside: Json = {"or": parts} if parts else False
        if segment.get("excluded"):
            return {"and": [{"!": [{"in": [unit, segment["excluded"]]}]}, inside]}
        return inside


def _operator(rule: Json) -> tuple[str, list[Json]]:
    if not isinstance(rule, dict) or len(rule) != 1:
        raise NotRepresentableError("a rule that is no operator")
    [(name, given)] = rule.items()
    return name, given if isinstance(given, list) else [given]


def _both(one: tuple[Row, ...], other: tuple[Row, ...]) -> tuple[Row, ...]:
    return _all([one, other])


def _all(parts: list[tuple[Row, ...]]) -> tuple[Row, ...]:
    size = 1
    for part in parts:
        size *= len(part)
    if size > MOST_ROWS:
        raise NotRepresentableError(f"more than {MOST_ROWS} alternatives")
    return tuple(tuple(test for row in rows for test in row) for rows in product(*parts))


def _any(parts: list[tuple[Row, ...]]) -> tuple[Row, ...]:
    return tuple(row for part in parts for row in part)


def opposite(row: Row) -> tuple[Row, ...]:
    """Return the alternatives that make up whoever is not in a row."""
    return tuple((replace(test, negated=not test.negated),) for test in row)


def without_nothing(rows: list[Branch], is_nothing: Callable[[Branch], bool]) -> list[Branch]:
    """Leave out the rows by which somebody gets nothing, and keep those out of later rows."""
    outside: tuple[Row, ...] = ((),)
    found: list[Branch] = []
    for branch in rows:
        if is_nothing(branch):
            outside = _both(outside, opposite(branch.tests))
        else:
            alternatives = _both((branch.tests,), outside)
            found += [replace(branch, tests=row) for row in alternatives]
        if len(found) > MOST_ROWS:
            raise NotRepresentableError(f"more than {MOST_ROWS} alternatives")
    return found
