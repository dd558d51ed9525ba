"""A job while it runs: its progress, its time, and being told to end."""

import threading
from datetime import timedelta

import pytest

from kernel.jobs import services
from kernel.jobs.models import Job, JobState
from kernel.jobs.operations import Cancelled, cancel_all
from kernel.jobs.registry import job, known
from kernel.jobs.running import JobStopError, Running, current_job, run
from kernel.jobs.services import enqueue
from kernel.jobs.watching import watch
from kernel.testing.jobs import drain
from tests.kernel.jobs.factories import MovableClock, claim, only_job, recording

pytestmark = pytest.mark.django_db


@pytest.fixture
def monotonic(moved: MovableClock, monkeypatch: pytest.MonkeyPatch) -> MovableClock:
    """The clock by which jobs are timed."""
    monkeypatch.setattr("kernel.jobs.running.time.monotonic", moved.seconds)
    return moved


def test_progress_is_seen_while_the_job_runs_and_kept_when_it_is_done() -> None:
    seen: list[tuple[int, int | None, str]] = []

    def work(_target: str) -> None:
        for done in range(3):
            current_job().progress(done, 3, f"row {done}")
            watch([current_job()])
            found = only_job()
            seen.append((found.progress_done, found.progress_total, found.progress_message))
        current_job().progress(3, 3, "x" * 500)

    job("tests.work")(work)
    enqueue("tests.work")

    drain()

    assert seen == [(0, 3, "row 0"), (1, 3, "row 1"), (2, 3, "row 2")]
    done = only_job()
    assert (done.state, done.progress_done, done.progress_message) == ("done", 3, "x" * 200)


def test_progress_that_did_not_change_is_not_written_again(
    django_assert_num_queries: object,
) -> None:
    recording()
    enqueue("tests.record")
    running = Running(claim()[0])
    running.progress(1, 2)
    watch([running])

    with django_assert_num_queries(1):  # type: ignore[operator]
        watch([running])


def test_another_attempt_begins_without_progress(moved: MovableClock) -> None:
    def work(_target: str) -> None:
        current_job().progress(7, 9, "half")
        raise ZeroDivisionError

    job("tests.work")(work)
    enqueue("tests.work")
    drain()
    assert only_job().progress_done == 7

    moved.by(minutes=1)
    claim()

    found = only_job()
    assert (found.progress_done, found.progress_total, found.progress_message) == (0, None, "")


def test_a_job_outside_of_a_worker_reports_to_nobody() -> None:
    current_job().progress(1, 2)
    current_job().check()

    assert not Job.objects.exists()


def test_a_cancelled_job_ends_at_its_next_check_and_is_not_tried_again() -> None:
    steps: list[str] = []

    def work(_target: str) -> None:
        current_job().check()
        steps.append("begun")
        assert cancel_all(Job.objects.all()) == Cancelled(at_once=0, asked=1)
        watch([current_job()])
        try:
            current_job().check()
        except Exception:  # noqa: BLE001  what such a job must not catch
            steps.append("caught")
        steps.append("went on")

    job("tests.work")(work)
    enqueue("tests.work")

    drain()

    assert steps == ["begun"]
    found = only_job()
    assert (found.state, found.last_error) == ("cancelled", "JOB_CANCELLED: cancelled while it ran")
    assert found.finished_at is not None


def test_a_job_that_was_cancelled_before_it_began_does_not_begin() -> None:
    ran = recording()
    enqueue("tests.record")
    running = Running(claim()[0])
    cancel_all(Job.objects.all())
    watch([running])

    services.settle([run(running.job, running)])

    assert ran == []
    assert only_job().state == JobState.CANCELLED


def test_a_job_that_was_to_end_and_did_its_work_is_done() -> None:
    def work(_target: str) -> None:
        cancel_all(Job.objects.all())

    job("tests.work")(work)
    enqueue("tests.work")

    drain()

    assert only_job().state == JobState.DONE


def test_a_job_that_was_to_end_and_failed_is_not_tried_again() -> None:
    def work(_target: str) -> None:
        cancel_all(Job.objects.all())
        raise ZeroDivisionError

    job("tests.work")(work)
    enqueue("tests.work")

    drain()

    assert only_job().state == JobState.CANCELLED


def test_a_job_that_takes_too_long_ends_at_its_next_check_and_is_tried_again(
    monotonic: MovableClock,
) -> None:
    def work(_target: str) -> None:
        current_job().check()
        monotonic.by(seconds=61)
        current_job().check()
        raise AssertionError

    job("tests.work", timeout=timedelta(minutes=1))(work)
    enqueue("tests.work")

    drain()

    found = only_job()
    assert (found.state, found.attempts) == (JobState.QUEUED, 1)
    assert found.last_error == "JOB_TIMED_OUT: attempt 1 took over 60 s"


def test_a_job_whose_lease_was_lost_is_told_to_end_and_writes_nothing(
    moved: MovableClock,
) -> None:
    recording()
    enqueue("tests.record")
    running = Running(claim()[0])
    running.progress(5)
    moved.by(minutes=1)
    services.recover(known())

    watch([running])

    with pytest.raises(JobStopError):
        running.check()
    assert only_job().progress_done == 0


@pytest.mark.django_db(transaction=True)
def test_a_job_that_never_checks_is_ended_in_its_thread() -> None:
    begun, ended = threading.Event(), threading.Event()

    def work(_target: str) -> None:
        begun.set()
        try:
            while True:
                pass
        finally:
            ended.set()

    job("tests.work")(work)
    running = Running(Job(name="tests.work", attempts=1))

    doing = threading.Thread(target=lambda: run(running.job, running), daemon=True)
    doing.start()
    begun.wait(10)

    assert running.abandon()
    assert not running.abandon()
    doing.join(10)

    assert ended.is_set()
    assert not running.finish()
