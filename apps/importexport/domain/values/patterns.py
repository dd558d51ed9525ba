"""Regular expressions that take linear time, whatever the pattern and the text."""

from functools import lru_cache
from typing import Any, Protocol

import re2  # type: ignore[import-untyped]

from apps.importexport.domain.problems import PlanError

LENGTH = 1_000
_MEMORY_BYTES = 1 << 20


class Pattern(Protocol):
    """What of a compiled pattern is used."""

    def fullmatch(self, text: Any) -> Any:
        """Return a match of the whole text, or None."""


@lru_cache(maxsize=256)
def compiled(pattern: str) -> Pattern:
    """Return a pattern of RE2; raises PlanError for what it does not take."""
    if len(pattern) > LENGTH:
        raise PlanError(f"a pattern of {len(pattern)} characters; at most {LENGTH}")
    if r"\Q" in pattern:
        raise PlanError(r"`\Q` is not taken: quote each sign by a backslash")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY_BYTES
    try:
        found: Pattern = re2.compile(pattern, options)
    except re2.error as error:
        raise PlanError(f"not a pattern of RE2: {error}") from None
    return found


@lru_cache(maxsize=64)
def of_bytes(pattern: bytes) -> Pattern:
    """Return a pattern of bytes that is matched as a whole on chunks of megabytes."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.never_capture = True
    found: Pattern = re2.compile(pattern, options)
    return found
