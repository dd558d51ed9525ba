"""When an event is posted again that an endpoint did not take, and how long that rests."""

from datetime import timedelta

from apps.notifications.domain.breaking import rest_after

#: As the operational advice of Standard Webhooks 1.0.0 has them: about 28 hours together.
_PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=10),
)
MOST_ATTEMPTS = len(_PAUSES) + 1
_LONGEST_REST = timedelta(minutes=15)


def pause(attempts: int, told_seconds: int | None, chance: float) -> timedelta:
    """Return how long to wait after so many attempts; `chance`, 0 to 1, spreads a crowd.

    What the other side has told holds as the least, within the longest of ours.
    """
    own = _PAUSES[min(attempts, len(_PAUSES)) - 1] * (0.8 + 0.4 * chance)
    told = min(timedelta(seconds=told_seconds or 0), max(_PAUSES))
    return max(own, told)


def rest(failures: int) -> timedelta | None:
    """Return how long an endpoint is left alone that has failed so often in a row, if at all."""
    return rest_after(failures, _LONGEST_REST)
