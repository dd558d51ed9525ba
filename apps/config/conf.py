"""The settings of the config app."""

from datetime import timedelta

from apps.config.domain.staleness import Rules
from kernel.dynamic.declaring import length_of_time

_QUIET = length_of_time(
    "config.stale_quiet",
    default=timedelta(days=30),
    description="A flag is suspected that nobody asked for, or that gave everybody the same, for so"
    " long.",
)
_OLD = length_of_time(
    "config.stale_old",
    default=timedelta(days=180),
    description="A flag is suspected that is older, and of which nobody has said how long it is to"
    " be there.",
)
_GRACE = length_of_time(
    "config.stale_grace",
    default=timedelta(days=14),
    description="How long a flag is suspected before it is stale.",
)


def stale_rules() -> Rules:
    """Return after how long what about a flag is suspicious."""
    return Rules(quiet=_QUIET.value(), old=_OLD.value(), grace=_GRACE.value())
