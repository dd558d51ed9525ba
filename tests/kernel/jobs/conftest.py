"""A registry with the jobs of one test only, and a clock that it moves."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from kernel import clock
from kernel.jobs.registry import REGISTRY
from tests.kernel.jobs.factories import MovableClock


@pytest.fixture(autouse=True)
def _own_registry() -> Iterator[None]:
    before = dict(REGISTRY)
    REGISTRY.clear()
    yield
    REGISTRY.clear()
    REGISTRY.update(before)


@pytest.fixture
def moved(monkeypatch: pytest.MonkeyPatch) -> MovableClock:
    """The clock of the kernel, standing still until the test moves it."""
    made = MovableClock(datetime(2026, 3, 1, 12, tzinfo=UTC))
    monkeypatch.setattr(clock, "now", lambda: made.now)
    return made


@pytest.fixture
def no_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses at their longest."""
    monkeypatch.setattr("kernel.jobs.services.random.uniform", lambda _low, high: high)
