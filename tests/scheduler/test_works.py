"""Chores whose work goes on elsewhere: a run ends as that does, and stops it when told to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from apps.scheduler.models import JobRun, JobSchedule
from apps.scheduler.services.beginning import begin_run
from apps.scheduler.services.life import cancel_run, terminate_run
from apps.scheduler.services.schedules import delete_schedule
from apps.scheduler.services.upkeep import look_at_runs
from apps.scheduler.services.works import await_work, look_at_work
from contracts.chores import Chore, Work, WorkState
from kernel.chores.registry import _REGISTRY, chore
from kernel.errors import DomainError, ForbiddenError, NotFoundError, UnavailableError
from kernel.jobs.models import Job
from kernel.tenancy.context import acting_as, current_principal
from kernel.testing.datasets import somebody
from tests.scheduler.factories import NOON, fire, job_of, make, runs, states, work

pytestmark = pytest.mark.usefixtures("tenant")

AT = NOON.replace(minute=0)
NAME = "scheduler.build"
LOOK = "scheduler.look_at_work"


@dataclass
class Elsewhere:
    """Work that a chore begins, as the test has it stand."""

    stands: Work | DomainError = field(default_factory=lambda: Work(state=WorkState.GOING_ON))
    keys: list[Any] = field(default_factory=list)
    looked: int = 0
    stopped: list[Mapping[str, Any]] = field(default_factory=list)
    by: list[str] = field(default_factory=list)

    def do(self, told: Mapping[str, Any]) -> Mapping[str, Any]:
        self.keys.append(told)
        return {"buildId": f"b{len(self.keys)}"}

    def look(self, began: Mapping[str, Any]) -> Work:
        self.looked += 1
        self.by.append(current_principal().name)
        if isinstance(self.stands, DomainError):
            raise self.stands
        return self.stands

    def stop(self, began: Mapping[str, Any]) -> None:
        self.stopped.append(began)
        self.stands = Work(state=WorkState.CANCELLED)


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    found = Elsewhere()
    offered = Chore(name=NAME, title="Build", description="Of a test.", scope="scheduler:write")
    chore(offered, follow=found.look, stop=found.stop)(found.do)
    yield found
    del _REGISTRY[NAME]


def begun(**said: Any) -> tuple[JobSchedule, JobRun]:
    """Return a schedule and its run, whose work has begun."""
    schedule = make(**{"target_kind": "chore", "target": NAME, "timeout_seconds": 600} | said)
    (run,) = fire(schedule, AT)
    work()
    run.refresh_from_db()
    return schedule, run


def look(run: JobRun) -> JobRun:
    """Look at its work now, whatever the next look waits for."""
    look_at_work(run.pk, run.attempt, 5)
    run.refresh_from_db()
    return run


def lines(run: JobRun) -> list[str]:
    return list(run.lines.order_by("id").values_list("text", flat=True))


def test_a_run_goes_on_until_its_work_is_done(elsewhere: Elsewhere) -> None:
    schedule, run = begun()
    before = (run.state, run.result)
    elsewhere.stands = Work(state=WorkState.GOING_ON, message="3 of 9 parts")
    told = look(run).progress
    look(run)
    elsewhere.stands = Work(state=WorkState.DONE, result={"parts": 9})

    look(run)

    assert before == ("running", {"buildId": "b1"})
    assert told == "3 of 9 parts"
    assert (run.state, run.result) == ("succeeded", {"buildId": "b1", "parts": 9})
    assert lines(run) == ["scheduler.build has begun its work", "3 of 9 parts", "succeeded"]
    assert (len(elsewhere.keys), elsewhere.stopped) == (1, [])
    assert states(schedule) == ["succeeded"]


def test_how_far_work_is_is_kept_and_no_line_is_told_twice(elsewhere: Elsewhere) -> None:
    _, run = begun()
    before = (run.progress_done, run.progress_total)
    seen = []
    for done in (3, 3, 7):
        elsewhere.stands = Work(state=WorkState.GOING_ON, message="parts", done=done, total=9)
        seen.append((look(run).progress_done, run.progress_total))
    elsewhere.stands = Work(state=WorkState.GOING_ON, message="zipped")
    seen.append((look(run).progress_done, run.progress_total))
    elsewhere.stands = Work(state=WorkState.GOING_ON, done=8, total=9)
    look(run)
    elsewhere.stands = Work(state=WorkState.DONE)
    look(run)

    assert before == (0, None)
    assert seen == [(3, 9), (3, 9), (7, 9), (0, None)]
    assert (run.progress_done, run.progress_total, run.progress) == (8, 9, "zipped")
    assert lines(run)[1:] == ["parts", "zipped", "succeeded"]


def test_looks_come_by_themselves_further_and_further_apart(elsewhere: Elsewhere) -> None:
    _, run = begun()
    pauses = []
    for _ in range(7):
        job = Job.objects.get(name=LOOK, finished_at=None)
        pauses.append(round((job.run_at - job.created_at).total_seconds()))
        Job.objects.filter(pk=job.pk).update(run_at=job.created_at)
        work()

    assert pauses == [1, 2, 4, 8, 15, 30, 30]
    assert elsewhere.looked == 7
    # One that is repeated has no second line of looks.
    look_at_work(run.pk, run.attempt, 3)
    assert Job.objects.filter(name=LOOK, finished_at=None).count() == 1


@pytest.mark.parametrize(
    ("code", "state", "kept"),
    [
        ("FILES_FULL", "failed", "FILES_FULL"),
        ("UNAVAILABLE", "queued", "UNAVAILABLE"),
        ("", "failed", "SCHEDULER_WORK_FAILED"),
    ],
)
def test_work_that_fails_fails_its_run_or_is_begun_anew(
    elsewhere: Elsewhere, code: str, state: str, kept: str
) -> None:
    _, run = begun(maximum_attempts=2, retry_seconds=0)
    elsewhere.stands = Work(state=WorkState.FAILED, error_code=code, error_message="no room")

    look(run)

    assert (run.state, run.error_code) == (state, kept)
    assert run.error_message == ("no room")
    if state == "queued":
        elsewhere.stands = Work(state=WorkState.GOING_ON)
        work()
        run.refresh_from_db()
        assert (run.state, run.result, run.attempt) == ("running", {"buildId": "b2"}, 2)
        # What has ended is stopped to be sure, and the new work is not.
        assert [one["buildId"] for one in elsewhere.stopped] == ["b1"]


def test_a_service_that_is_away_is_asked_again(elsewhere: Elsewhere) -> None:
    _, run = begun()
    elsewhere.stands = UnavailableError("away")

    look(run)

    assert run.state == "running"
    elsewhere.stands = Work(state=WorkState.DONE)
    assert look(run).state == "succeeded"


@pytest.mark.parametrize("error", [NotFoundError("gone"), ForbiddenError("no more")])
def test_work_that_is_gone_or_not_to_be_seen_any_more_fails_its_run(
    elsewhere: Elsewhere, error: DomainError
) -> None:
    _, run = begun()
    elsewhere.stands = error

    assert (look(run).state, run.error_code) == ("failed", error.code)


def test_work_that_somebody_cancelled_cancels_its_run(elsewhere: Elsewhere) -> None:
    _, run = begun()
    elsewhere.stands = Work(state=WorkState.CANCELLED)

    assert (look(run).state, run.error_code) == ("cancelled", "SCHEDULER_CANCELLED")


def test_a_cancelled_run_stops_its_work_and_ends_with_it(elsewhere: Elsewhere) -> None:
    _, run = begun()

    cancel_run(id=str(run.pk))
    work()

    run.refresh_from_db()
    assert (run.state, elsewhere.stopped) == ("cancelled", [{"buildId": "b1"}])


def test_a_run_that_is_given_up_stops_its_work(elsewhere: Elsewhere) -> None:
    _, run = begun()

    terminate_run(id=str(run.pk))
    work()

    run.refresh_from_db()
    assert (run.state, elsewhere.stopped) == ("terminated", [{"buildId": "b1"}])
    assert elsewhere.looked == 0


@pytest.mark.parametrize(("attempts", "state"), [(1, "failed"), (2, "queued")])
def test_work_that_takes_too_long_is_stopped(
    elsewhere: Elsewhere, attempts: int, state: str
) -> None:
    _, run = begun(maximum_attempts=attempts, retry_seconds=60)
    assert run.deadline_at is not None

    look_at_runs(run.deadline_at - timedelta(seconds=1))
    before = states(run.schedule)
    look_at_runs(run.deadline_at)
    work()

    run.refresh_from_db()
    assert before == ["running"]
    assert (run.state, run.error_code) == (state, "SCHEDULER_TIMED_OUT")
    assert elsewhere.stopped == [{"buildId": "b1"}]


def test_a_worker_that_is_lost_behind_the_beginning_begins_nothing_twice(
    elsewhere: Elsewhere,
) -> None:
    _, run = begun()
    job = Job.objects.filter(pk=job_of(run).pk)
    job.update(state="queued", finished_at=None, attempts=0)

    work()

    run.refresh_from_db()
    assert (run.attempt, run.result, run.state) == (2, {"buildId": "b1"}, "running")
    assert (len(elsewhere.keys), elsewhere.stopped) == (1, [])
    elsewhere.stands = Work(state=WorkState.DONE)
    assert look(run).state == "succeeded"


def test_what_was_begun_for_a_run_that_was_given_up_meanwhile_is_stopped(
    elsewhere: Elsewhere,
) -> None:
    schedule = make(target_kind="chore", target=NAME)
    (run,) = fire(schedule, AT)
    job_of(run).delete()
    going = begin_run(run.pk)
    assert going is not None
    terminate_run(id=str(run.pk))

    await_work(run.pk, going.attempt, NAME, {"buildId": "b1"})
    work()
    # Told by a worker that was taken for lost, long after the end.
    await_work(run.pk, going.attempt - 1, NAME, {"buildId": "b1"})
    work()

    assert (states(schedule), elsewhere.stopped) == (["terminated"], [{"buildId": "b1"}])


def test_the_next_run_waits_for_work_that_goes_on(elsewhere: Elsewhere) -> None:
    schedule, run = begun(overlap="buffer_one")
    fire(schedule, AT + timedelta(hours=1))
    work()
    before = states(schedule)
    elsewhere.stands = Work(state=WorkState.DONE)
    look(run)
    work()

    assert before == ["running", "waiting"]
    assert states(schedule) == ["succeeded", "running"]


def test_looks_have_the_rights_of_who_asked(elsewhere: Elsewhere, tenant: Any) -> None:
    with acting_as(somebody(tenant.pk, "scheduler:write")):
        schedule = make(target_kind="chore", target=NAME)
    (run,) = fire(schedule, AT)
    work()
    run.refresh_from_db()

    look(run)

    assert elsewhere.by == ["Ada"]


def test_a_schedule_that_is_removed_leaves_no_looks_that_fail(elsewhere: Elsewhere) -> None:
    schedule, run = begun()

    delete_schedule(id=str(schedule.pk))
    look_at_work(run.pk, run.attempt, 1)

    assert (runs(schedule), elsewhere.looked) == ([], 0)
