"""The answer to a question for a flag, in OpenFeature's words."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from apps.config.domain.frames import Step
from apps.config.domain.values import kind

Metadata = Mapping[str, str | bool | int | float]
NO_METADATA: Metadata = {}

STATIC, TARGETING_MATCH, DEFAULT = "STATIC", "TARGETING_MATCH", "DEFAULT"
DISABLED, ERROR = "DISABLED", "ERROR"
#: Of an answer that somebody else has made.
UNKNOWN = "UNKNOWN"


class Evaluation(NamedTuple):
    """Without a variant the value is the caller's own default.

    Answers are shared between callers, as are the values in them: nobody may change them.
    """

    key: str
    value: Any
    variant: str | None
    reason: str
    error_code: str | None = None
    error_message: str | None = None
    metadata: Metadata = NO_METADATA


class Explanation(NamedTuple):
    """An answer, and every operator that took part in it, innermost first."""

    evaluation: Evaluation
    revision: str
    bucketing: str
    steps: tuple[Step, ...]


def failure(key: str, code: str, message: str, metadata: Metadata = NO_METADATA) -> Evaluation:
    """Return the answer where there is none."""
    return Evaluation(key, None, None, ERROR, code, message, metadata)


def has_type(value: Any, expected: str) -> bool:
    """Whether a value is what the caller asked for; every integer is a float too."""
    if expected == "integer":
        return type(value) is int
    if expected == "float":
        return kind(value) == "number"
    if expected == "object":
        return isinstance(value, dict | list)
    return kind(value) == expected
