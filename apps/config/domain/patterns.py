"""Regular expressions that take linear time, whatever the pattern and the text."""

from collections.abc import Callable
from functools import lru_cache

import re2  # type: ignore[import-untyped]

LENGTH = 1_000
_MEMORY_BYTES = 1 << 20


class PatternError(ValueError):
    """A pattern that RE2 does not take, such as one that looks ahead or back."""


@lru_cache(maxsize=2048)
def search(pattern: str, *, ignore_case: bool = False) -> Callable[[str], bool]:
    """Return a test for a match anywhere in a text."""
    if len(pattern) > LENGTH:
        raise PatternError(f"a pattern of {len(pattern)} characters; at most {LENGTH}")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY_BYTES
    options.case_sensitive = not ignore_case
    try:
        compiled = re2.compile(pattern, options)
    except re2.error as error:
        raise PatternError(f"not a pattern of RE2: {error}") from None
    return lambda text: compiled.search(text) is not None
