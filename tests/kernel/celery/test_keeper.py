"""What a process of a Celery worker holds, step by step; real workers are in test_losses."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import OperationalError

from kernel.celery.keeper import Keeper
from kernel.celery.stopping import Stop
from kernel.jobs import services
from kernel.jobs.claiming import LEASE
from kernel.jobs.models import Job
from kernel.jobs.registry import REGISTRY, job
from kernel.jobs.services import Ended, enqueue
from tests.kernel.jobs.factories import claim, only_job, recording

pytestmark = pytest.mark.django_db

Settle = Callable[[list[Ended]], None]


@pytest.fixture(autouse=True)
def _own_registry() -> Iterator[None]:
    before = dict(REGISTRY)
    REGISTRY.clear()
    yield
    REGISTRY.clear()
    REGISTRY.update(before)


@pytest.fixture(autouse=True)
def _connection_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    # The test's own connection stands in for those of the threads.
    monkeypatch.setattr("kernel.celery.keeper.connections.close_all", lambda: None)


@pytest.fixture
def stop(monkeypatch: pytest.MonkeyPatch) -> Stop:
    """The stop of this test alone."""
    made = Stop()
    monkeypatch.setattr("kernel.celery.keeper.stop", made)
    monkeypatch.setattr("kernel.celery.batch.stop", made)
    return made


@pytest.fixture
def keeper() -> Keeper:
    """A keeper whose steps the test takes."""
    return Keeper()


def renewed(keeper: Keeper) -> bool:
    """Let a lease seem to be over, and say whether the keeper renews it."""
    Job.objects.update(lease_until=None)
    keeper._next_renewal = 0.0
    keeper.step()
    return only_job().lease_until is not None


def test_the_lease_of_a_job_is_renewed_while_it_is_done(keeper: Keeper) -> None:
    found: list[bool] = []
    job("tests.look")(lambda _target: found.append(renewed(keeper)))
    enqueue("tests.look")

    keeper.work(claim())

    assert found == [True]
    assert only_job().state == "done"


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, LookupError])
def test_a_shift_that_is_ended_before_it_has_settled_holds_no_lease(
    keeper: Keeper, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    """As by SIGTERM: the pool's process then lives on for 30 s, to see its results fetched."""
    recording()
    enqueue("tests.record")

    def end(_ended: list[Ended]) -> None:
        raise error

    monkeypatch.setattr(services, "settle", end)
    with pytest.raises(error):
        keeper.work(claim())

    assert only_job().state == "running"
    assert not renewed(keeper)


def test_a_job_whose_end_cannot_be_written_is_let_go_after_a_lease(
    keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording()
    enqueue("tests.record")
    passed = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: passed[0])

    def sleep(_seconds: float) -> None:
        passed[0] += LEASE.total_seconds() / 4

    monkeypatch.setattr(time, "sleep", sleep)
    tries: list[int] = []

    def fail(ended: list[Ended]) -> None:
        tries.append(len(ended))
        raise OperationalError("database is locked")

    monkeypatch.setattr(services, "settle", fail)
    keeper.work(claim())

    assert tries == [1, 1, 1, 1]
    assert not renewed(keeper)


def test_short_jobs_are_settled_together(keeper: Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = recording()
    for target in "abc":
        enqueue("tests.record", target)
    settled: list[int] = []
    settle: Settle = services.settle

    def counted(ended: list[Ended]) -> None:
        settled.append(len(ended))
        settle(ended)

    monkeypatch.setattr(services, "settle", counted)
    assert keeper.ahead.room(1) == 1
    for _ in range(60):
        keeper.ahead.note(0.0001)
    assert keeper.ahead.room(1) > 10

    keeper.work(claim(keeper.ahead.room(1)))

    assert (ran, settled) == (["a", "b", "c"], [3])
    assert set(Job.objects.values_list("state", "attempts")) == {("done", 1)}


@pytest.mark.django_db(transaction=True)
def test_what_waits_behind_a_long_job_is_given_back_and_what_ended_before_it_is_settled(
    keeper: Keeper,
) -> None:
    ran = recording()
    seen: list[dict[str, Any]] = []

    @job("tests.long")
    def long(_target: str) -> None:
        keeper.step()
        seen.append(states())
        keeper.step()
        seen.append(states())

    enqueue("tests.record", "before", priority=9)
    enqueue("tests.long", "long", priority=8)
    enqueue("tests.record", "behind", priority=7)

    keeper.work(claim())

    assert seen == [
        {"before": ("running", 1), "long": ("running", 1), "behind": ("running", 1)},
        {"before": ("done", 1), "long": ("running", 1), "behind": ("queued", 0)},
    ]
    assert ran == ["before"]
    assert states()["long"] == ("done", 1)


def test_told_to_stop_a_shift_gives_back_what_it_has_not_begun(keeper: Keeper, stop: Stop) -> None:
    job("tests.stop")(lambda _target: stop.tell(60))
    enqueue("tests.stop", "a")
    enqueue("tests.stop", "b")

    keeper.work(claim())

    assert states() == {"a": ("done", 1), "b": ("queued", 0)}


def test_over_is_given_back_as_begun_and_as_not_begun(keeper: Keeper, stop: Stop) -> None:
    found: list[dict[str, Any]] = []

    @job("tests.long")
    def long(_target: str) -> None:
        stop.tell(0)
        keeper.step()
        found.append(states())

    enqueue("tests.long", "a")
    enqueue("tests.long", "b")

    keeper.work(claim())

    assert found == [{"a": ("queued", 1), "b": ("queued", 0)}]
    assert states() == found[0]


def states() -> dict[str, Any]:
    return {one.target: (one.state, one.attempts) for one in Job.objects.all()}
