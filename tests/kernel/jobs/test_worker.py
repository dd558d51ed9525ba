"""The keeper and its threads, each step taken by the test; real processes are in test_processes."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, OperationalError

from kernel.jobs import services
from kernel.jobs.claiming import LEASE
from kernel.jobs.models import Job, JobState
from kernel.jobs.registry import job, periodic
from kernel.jobs.running import run, run_together
from kernel.jobs.services import Ended, enqueue
from kernel.jobs.worker import Worker
from kernel.observability.context import request_id
from tests.kernel.jobs.factories import MovableClock, claim, only_job, recording

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _connection_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    # The test's own connection stands in for those of the threads.
    monkeypatch.setattr("kernel.jobs.worker.connections.close_all", lambda: None)


@pytest.fixture
def worker() -> Worker:
    """A worker for two jobs at a time, not started."""
    return Worker(2)


def work_one(worker: Worker) -> None:
    """Do what one of its threads does with one job."""
    begun = worker._begun.get_nowait()
    assert begun
    worker._ended.extend(run_together(begun))


def states() -> list[str]:
    return list(Job.objects.order_by("id").values_list("state", flat=True))


def test_a_worker_claims_no_more_than_it_has_threads(worker: Worker) -> None:
    recording()
    for target in "abc":
        enqueue("tests.record", target)

    assert [worker.step(), worker.step()] == [2, 0]
    assert states() == ["running", "running", "queued"]

    work_one(worker)
    assert worker.step() == 1
    assert states() == ["done", "running", "running"]


def test_a_worker_of_one_queue_leaves_the_others_alone() -> None:
    recording("audit.archive")
    recording("files.scan")
    periodic("files.tidy", every=timedelta(hours=1))(lambda _target: None)
    enqueue("audit.archive")
    enqueue("files.scan")

    Worker(2, queues=["audit"]).step()

    assert set(Job.objects.values_list("name", "state")) == {
        ("audit.archive", JobState.RUNNING),
        ("files.scan", JobState.QUEUED),
    }


def test_an_outage_is_logged_and_what_ended_meanwhile_is_written_after_it(
    worker: Worker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ran = recording()
    enqueue("tests.record", "some-id")
    worker.step()
    work_one(worker)

    def away(*_: Any) -> None:
        raise OperationalError("the server closed the connection")

    with monkeypatch.context() as outage, caplog.at_level(logging.ERROR):
        outage.setattr(services, "settle", away)
        for _ in range(3):
            assert worker._guarded_step() is None
        assert only_job().state == JobState.RUNNING
    assert [record.message for record in caplog.records] == [
        "the worker could not look for jobs; it goes on trying"
    ] * 3
    worker._guarded_step()

    assert only_job().state == JobState.DONE
    assert ran == ["some-id"]


def test_leases_are_renewed_while_the_work_goes_on(
    worker: Worker, monkeypatch: pytest.MonkeyPatch, moved: MovableClock
) -> None:
    monkeypatch.setattr("kernel.jobs.worker.time.monotonic", moved.seconds)
    recording()
    enqueue("tests.record")
    worker.step()

    for _ in range(10):
        moved.by(seconds=LEASE.total_seconds() / 6)
        worker.step()

    found = only_job()
    assert (found.state, found.attempts) == (JobState.RUNNING, 1)
    assert found.lease_until == moved.now + LEASE


def test_a_worker_takes_over_from_a_lost_one_and_starts_what_is_due(
    worker: Worker, moved: MovableClock
) -> None:
    recording()
    periodic("tests.tidy", every=timedelta(hours=1))(lambda _target: None)
    enqueue("tests.record")
    claim(worker="gone")
    moved.by(minutes=1)

    assert worker.step() == 2

    assert set(Job.objects.values_list("name", "worker", "attempts")) == {
        ("tests.record", worker.name, 2),
        ("tests.tidy", worker.name, 1),
    }


def test_a_stopping_worker_claims_nothing_more_and_gives_back_the_rest(worker: Worker) -> None:
    recording()
    for target in ("ends", "outlasts", "waits"):
        enqueue("tests.record", target)
    worker.step()
    worker._stopping.set()
    work_one(worker)

    assert worker.step() == 0
    assert states() == ["done", "running", "queued"]
    worker._give_back()

    assert states() == ["done", "queued", "queued"]
    assert set(Job.objects.values_list("lease_until", flat=True)) == {None}


def test_a_stop_without_a_database_leaves_it_to_the_leases(
    worker: Worker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    recording()
    enqueue("tests.record")
    worker.step()

    def away(*_: Any) -> None:
        raise DatabaseError

    monkeypatch.setattr(services, "give_back_unbegun", away)
    worker._give_back()

    assert "their leases will end" in caplog.text
    assert only_job().state == JobState.RUNNING


def test_a_worker_that_looks_no_more_is_not_ready(
    worker: Worker, monkeypatch: pytest.MonkeyPatch, moved: MovableClock
) -> None:
    monkeypatch.setattr("kernel.jobs.worker.time.monotonic", moved.seconds)
    worker.step()

    moved.by(seconds=30)
    assert worker.check() == "2 threads"

    moved.by(seconds=1)
    with pytest.raises(RuntimeError, match="has not looked for jobs for 31 s"):
        worker.check()


def test_what_a_job_causes_is_found_by_its_id(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[str] = []

    def fail(_target: str) -> None:
        seen.append(request_id())
        raise ZeroDivisionError

    job("tests.fail")(fail)
    enqueue("tests.fail")

    [claimed] = claim()
    run(claimed)

    assert seen == [str(claimed.pk)]
    [record] = caplog.records
    assert (record.message, bool(record.exc_info)) == ("job tests.fail failed", True)


def test_short_jobs_are_claimed_ahead_and_long_ones_are_not(worker: Worker) -> None:
    recording()
    for _ in range(100):
        enqueue("tests.record")

    worker.step()
    assert states().count("running") == 2
    for _ in range(60):
        if worker._begun.empty():
            worker.step()
        work_one(worker)
    worker.step()
    assert len(worker._held) > 10

    held = next(iter(worker._held.values())).job
    worker._ended.append(Ended(held, seconds=10.0))
    worker.step()
    assert worker._ahead.room(2) == 2


def test_what_was_claimed_ahead_is_given_back_as_if_nobody_had_taken_it(worker: Worker) -> None:
    recording()
    enqueue("tests.record", "begun")
    enqueue("tests.record", "ahead")
    worker.step()
    [begun] = worker._begun.get_nowait() or []
    begun.begin()

    worker._give_back()

    assert set(Job.objects.values_list("target", "state", "attempts")) == {
        ("begun", "queued", 1),
        ("ahead", "queued", 0),
    }


def test_a_job_that_does_not_end_loses_its_thread_to_the_next(
    worker: Worker, monkeypatch: pytest.MonkeyPatch, moved: MovableClock
) -> None:
    monkeypatch.setattr("kernel.jobs.running.time.monotonic", moved.seconds)
    job("tests.stuck", timeout=timedelta(minutes=1))(lambda _target: None)
    enqueue("tests.stuck")
    worker.step()
    [begun] = worker._begun.get_nowait() or []
    replaced: list[int] = []
    monkeypatch.setattr(worker, "_replace", replaced.append)
    monkeypatch.setattr("kernel.jobs.running.ctypes.pythonapi.PyThreadState_SetAsyncExc", print)
    begun.begin()

    moved.by(seconds=61)
    worker._next_watch = 0
    worker.step()
    assert states() == ["running"]
    assert replaced == []

    moved.by(seconds=11)
    worker._next_watch = 0
    worker.step()
    worker.step()
    found = only_job()
    assert (found.state, found.last_error) == (
        "queued",
        "JOB_TIMED_OUT: attempt 1 took over 60 s",
    )
    assert replaced == [begun.thread]
    assert not begun.finish()
