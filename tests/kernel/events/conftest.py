"""Groups of one test only, and a clock that it moves."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from kernel import clock, ids
from kernel.events.registry import GROUPS
from kernel.events.wake import notifier
from tests.kernel.jobs.factories import MovableClock


@pytest.fixture(autouse=True)
def _own_groups() -> Iterator[None]:
    before = dict(GROUPS)
    GROUPS.clear()
    yield
    GROUPS.clear()
    GROUPS.update(before)
    notifier.relay_is_here = False


@pytest.fixture
def moved(monkeypatch: pytest.MonkeyPatch) -> MovableClock:
    """The clock of the kernel, standing still until the test moves it."""
    made = MovableClock(datetime(2026, 3, 1, 12, tzinfo=UTC))
    monkeypatch.setattr(clock, "now", lambda: made.now)
    # Ids never go back, and this clock stands in the past: they begin anew.
    monkeypatch.setattr(ids, "_sequence", ids._Sequence())
    return made
