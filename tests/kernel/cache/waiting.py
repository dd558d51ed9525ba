"""Waiting for what another thread or process does."""

import time
from collections.abc import Callable

PATIENCE_SECONDS = 20.0


def eventually(holds: Callable[[], bool]) -> None:
    """Return once it holds; fail when it has not for long."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < until, "it does not come to hold"
        time.sleep(0.005)
