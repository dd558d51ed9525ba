"""The end of what a thread does now, so that the server gives up as well.

The watch of `kernel.federation.deadline` stops statements in time. The server's own limit is for a
statement that nobody stops any more: of a process that was killed, or behind a cut network.
"""

from contextvars import ContextVar, Token
from time import monotonic

#: So much later than the watch, which can tell the caller more.
GRACE_SECONDS = 1.0

_until: ContextVar[float | None] = ContextVar("until", default=None)


def begin(until: float) -> Token[float | None]:
    """Let statements end at this moment of the monotonic clock."""
    return _until.set(until)


def end(begun: Token[float | None]) -> None:
    """Let them have the time they had before."""
    _until.reset(begun)


def end_of_work() -> float | None:
    """Return the moment of the monotonic clock at which it ends; None for no end."""
    return _until.get()


def milliseconds_left() -> int | None:
    """Return how long the server may take for a statement that begins now; None for no end."""
    until = _until.get()
    if until is None:
        return None
    return max(1, int((until - monotonic() + GRACE_SECONDS) * 1000))
