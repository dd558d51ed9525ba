"""Tests of texts as regular expressions that all engines read alike."""

import re

from apps.config.domain.exporting.branches import NotRepresentableError
from apps.config.domain.patterns import LENGTH

_SPECIAL = re.compile(r"([\\^$.|?*+()\[\]{}/])")
_FORMS = {
    "starts_with": "^(?:{})",
    "ends_with": "(?:{})$",
    "contains": "(?:{})",
    "equals": "^(?:{})$",
}


def pattern_of(how: str, texts: list[str]) -> str:
    """Return a pattern found where one of the texts stands; raises NotRepresentableError."""
    if how not in _FORMS or not texts or not all(isinstance(each, str) for each in texts):
        raise NotRepresentableError(f"a test of texts by {how!r}")
    alternatives = "|".join(_SPECIAL.sub(r"\\\1", text) for text in texts)
    pattern = _FORMS[how].format(alternatives)
    if len(pattern) > LENGTH or "\n" in pattern:
        raise NotRepresentableError(f"a pattern of {len(pattern)} characters")
    return pattern
