"""Waking this process's worker at once instead of at its next look."""

from threading import Event

_event = Event()


def nudge() -> None:
    """Tell the worker that there may be something to do."""
    _event.set()


def wait_for_nudge(seconds: float) -> None:
    """Wait until somebody nudges, but no longer than this."""
    _event.wait(seconds)
    _event.clear()
