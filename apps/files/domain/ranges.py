"""Which bytes a request wants, and whether it is meant for this version (RFC 9110, 13 and 14)."""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

#: Of more, or of some that overlap, somebody wants to keep us busy: all is sent instead, once.
MOST_RANGES = 16

#: Longer numbers than any file has are still numbers: they mean its end.
_RANGE = re.compile(r"(?P<first>[0-9]{0,40})-(?P<last>[0-9]{0,40})")
_TAG = re.compile(r'(?:W/)?"[!#-~]*"')


class UnsatisfiableError(ValueError):
    """None of the ranges has any bytes."""


class Span(NamedTuple):
    """Bytes from `start` up to `end`, which is not in it."""

    start: int
    end: int

    def told(self, size: int) -> str:
        """Return it as `Content-Range` has it."""
        return f"bytes {self.start}-{self.end - 1}/{size}"


def spans(header: str, size: int) -> list[Span]:
    """Return which parts a `Range` wants; none when it is to be passed over, and all is sent.

    Raises UnsatisfiableError.
    """
    unit, _, told = header.partition("=")
    # Nothing between two commas is nothing (5.6.1), and units are known in capitals, too (14.1).
    found = [_RANGE.fullmatch(one.strip(" \t")) for one in told.split(",") if one.strip(" \t")]
    if unit.strip(" \t").lower() != "bytes" or not 0 < len(found) <= MOST_RANGES:
        return []
    wanted = []
    for match in found:
        if match is None or not (match["first"] or match["last"]):
            return []
        if match["first"] and match["last"] and int(match["first"]) > int(match["last"]):
            return []
        wanted.append(_span(match["first"], match["last"], size))
    some = sorted(span for span in wanted if span.start < span.end)
    if not some and not size and any(_is_suffix(match) for match in found):
        # The last bytes of nothing are all of it, and no 206 can say so (14.1.2).
        return []
    if not some:
        raise UnsatisfiableError(f"there are {size} bytes")
    if any(after.start < before.end for before, after in pairwise(some)):
        return []
    return [span for span in wanted if span.start < span.end]


def matches(header: str, tag: str, *, weak: bool) -> bool:
    """Say whether `If-Match` (or, compared weakly, `If-None-Match`) names this entity tag."""
    if header.strip() == "*":
        return True
    tags: Sequence[str] = _TAG.findall(header)
    return tag in (one.removeprefix("W/") if weak else one for one in tags)


def wanted_spans(headers: Mapping[str, str], tag: str, size: int) -> list[Span]:
    """Return the parts that a GET wants of this version; none for all of it.

    Raises UnsatisfiableError.
    """
    condition = headers.get("If-Range")
    # A date is never strong enough here: there is none that we tell.
    if "Range" not in headers or (condition is not None and condition.strip() != tag):
        return []
    return spans(headers["Range"], size)


def _is_suffix(match: re.Match[str] | None) -> bool:
    return match is not None and not match["first"] and int(match["last"]) > 0


def _span(first: str, last: str, size: int) -> Span:
    if not first:
        return Span(max(size - int(last), 0), size)
    return Span(int(first), min(int(last) + 1, size) if last else size)
