"""A breaker: who fails again and again is left alone, and then asked once to see."""

from datetime import timedelta

#: So many failures in a row open it.
MOST_FAILURES = 5
_FIRST = timedelta(seconds=30)
_LONGEST = timedelta(minutes=10)
#: While one message is tried to see, the others wait so long.
PROBE = timedelta(seconds=30)
#: The weight of an attempt in the rate of failures: about twenty of them count.
WEIGHT = 0.05


def rest_after(failures: int, longest: timedelta = _LONGEST) -> timedelta | None:
    """Return how long nobody asks after so many failures in a row: doubled each time, or None."""
    if failures < MOST_FAILURES:
        return None
    doubled: int = 2 ** min(failures - MOST_FAILURES, 10)
    return min(_FIRST * doubled, longest)
