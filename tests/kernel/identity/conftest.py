"""A clock that the test moves."""

from datetime import UTC, datetime

import pytest

from kernel import clock
from tests.kernel.jobs.factories import MovableClock


@pytest.fixture
def moved(monkeypatch: pytest.MonkeyPatch) -> MovableClock:
    """The clock of the kernel, standing still until the test moves it."""
    made = MovableClock(datetime(2026, 3, 1, 12, tzinfo=UTC))
    monkeypatch.setattr(clock, "now", lambda: made.now)
    return made
