"""What goes along from process to process with a question, and with its answer."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from kernel.database import deadlines

#: Milliseconds that the caller goes on waiting, from when it sent this. No moment: clocks differ.
TIME_LEFT = "X-Septet-Time-Left"
#: RFC 9218: `u=0` is the most urgent, `u=7` the least; who says nothing means 3.
PRIORITY = "Priority"
#: Told of what was not begun, as there is too much to do: another process may be asked.
SHED = "X-Septet-Shed"
#: Told with each answer of a process that is about to end.
LEAVING = "X-Septet-Leaving"
USUAL = 3
#: Of what nobody waits for: jobs, events, upkeep.
BACKGROUND = 5
_LEAST = 7
#: Nobody waits for longer than a day.
_MOST_DIGITS = 8

_urgency: ContextVar[int] = ContextVar("urgency", default=BACKGROUND)


def seconds_left() -> float | None:
    """Return how long whoever waits for what we do goes on waiting; None where nobody does."""
    until = deadlines.end_of_work()
    return None if until is None else until - time.monotonic()


def to_send(seconds: float) -> dict[str, str]:
    """Return the headers of a question that is waited for so long."""
    return {TIME_LEFT: str(max(1, int(seconds * 1000))), PRIORITY: f"u={_urgency.get()}"}


def time_left_in(text: str) -> float | None:
    """Read the seconds that a caller goes on waiting; None for what says nothing."""
    if not text.isascii() or not text.isdecimal() or len(text) > _MOST_DIGITS:
        return None
    return int(text) / 1000


def urgency_in(text: str) -> int:
    """Read how urgent a question is. Nobody can say that theirs comes before the usual ones."""
    for part in text.split(","):
        name, _, value = part.strip().partition("=")
        if name == "u" and value.isascii() and value.isdecimal():
            return min(max(int(value), USUAL), _LEAST)
    return USUAL


@contextmanager
def arrived(headers: Mapping[str, str], *, at: float) -> Iterator[None]:
    """Do within the block what somebody asked at that moment of the monotonic clock."""
    urgency = _urgency.set(urgency_in(headers.get(PRIORITY, "")))
    left = time_left_in(headers.get(TIME_LEFT, ""))
    begun = None if left is None else deadlines.begin(at + left)
    try:
        yield
    finally:
        if begun is not None:
            deadlines.end(begun)
        _urgency.reset(urgency)
