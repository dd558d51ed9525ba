"""When a delivery that failed is tried again."""

from datetime import timedelta

MOST_ATTEMPTS = 8
_FIRST = timedelta(seconds=30)
_LONGEST = timedelta(hours=6)


def pause(attempts: int, told_seconds: int | None, chance: float) -> timedelta:
    """Return how long to wait after so many attempts: doubled each time, spread by chance.

    What the other side has told holds as the least, within bounds. `chance` is from 0 to 1.
    """
    doubled: int = 2 ** min(attempts - 1, 20)
    own = min(_FIRST * doubled, _LONGEST) * (0.5 + chance / 2)
    told = min(timedelta(seconds=told_seconds or 0), _LONGEST)
    return max(own, told)
