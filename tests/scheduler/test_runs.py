"""Runs from their beginning to their end: overlaps, attempts, groups, what follows."""

from datetime import timedelta
from typing import Any

import pytest

from apps.scheduler.errors import AnsweredError, AnsweredLaterError
from apps.scheduler.models import JobRun, JobRunLine, JobSchedule
from apps.scheduler.services import running
from apps.scheduler.services.beginning import begin_run
from apps.scheduler.services.ending import finish_run
from apps.scheduler.services.life import run_now
from apps.scheduler.services.upkeep import forget_runs, look_at_runs
from contracts.scheduler import RunFinished, RunLate, ScheduleDisabled, ScheduleFired
from kernel import clock
from kernel.ids import new_id
from kernel.jobs.models import Job
from kernel.testing.events import told
from tests.scheduler.factories import HOUR, NOON, fire, job_of, make, runs, states, work

pytestmark = pytest.mark.usefixtures("tenant")

AT = NOON.replace(minute=0)


def started(schedule: JobSchedule, at: Any = AT) -> JobRun:
    """Return a run of a schedule that goes on, at a worker that is not this test's."""
    run = next(one for one in fire(schedule, at) if one.fire_time == at)
    job_of(run).delete()
    begun = begin_run(run.pk)
    assert begun is not None
    return begun


def test_a_run_that_was_due_does_what_its_schedule_says_and_ends() -> None:
    schedule = make(parameters={"depth": 3})
    (run,) = fire(schedule, AT)

    work()

    run.refresh_from_db()
    schedule.refresh_from_db()
    (fired,), (ended,) = told(ScheduleFired), told(RunFinished)
    assert (run.state, run.attempt, run.error_code) == ("succeeded", 1, "")
    assert (fired.run_id, fired.parameters) == (str(run.pk), '{"depth":3}')
    assert (ended.state, ended.attempts) == ("succeeded", 1)
    assert schedule.last_run_at == run.finished_at
    assert run.late_at is None
    assert run.deadline_at is None


def test_a_run_is_not_begun_twice_and_what_comes_late_is_ignored() -> None:
    run = started(make())
    again = begin_run(run.pk)
    assert again is not None

    late = finish_run(run.pk, run.attempt, result={"by": "the first"})
    done = finish_run(run.pk, again.attempt, result={"by": "the second"})
    twice = finish_run(run.pk, again.attempt, result={"by": "nobody"})

    assert (late, twice) == (None, None)
    assert done is not None
    assert done.result == {"by": "the second"}
    assert len(told(RunFinished)) == 1
    assert begin_run(run.pk) is None


@pytest.mark.parametrize(
    ("policy", "found"),
    [
        ("skip", ["running", "skipped", "skipped"]),
        ("buffer_one", ["running", "waiting", "skipped"]),
        ("buffer_all", ["running", "waiting", "waiting"]),
        ("cancel_other", ["running", "cancelled", "waiting"]),
        ("terminate_other", ["terminated", "terminated", "running"]),
        ("allow_all", ["running", "running", "running"]),
    ],
)
def test_policies_say_what_becomes_of_runs_that_overlap(policy: str, found: list[str]) -> None:
    schedule = make(overlap=policy)
    started(schedule)
    for hours in (1, 2):
        fire(schedule, AT + hours * HOUR)
        begin_run(runs(schedule)[hours].pk)

    assert states(schedule) == found


@pytest.mark.parametrize("policy", ["buffer_one", "buffer_all", "cancel_other"])
def test_what_waits_begins_when_the_run_before_it_has_ended(policy: str) -> None:
    schedule = make(overlap=policy)
    first = started(schedule)
    fire(schedule, AT + HOUR)
    work()
    assert states(schedule) == ["running", "waiting"]

    finish_run(first.pk, first.attempt)
    work()

    assert states(schedule)[1] == "succeeded"


def test_a_run_that_was_asked_to_stop_ends_as_cancelled() -> None:
    schedule = make(overlap="cancel_other")
    first = started(schedule)
    fire(schedule, AT + HOUR)
    work()

    finish_run(first.pk, first.attempt, error=AnsweredLaterError("it was cut off"))
    work()

    assert states(schedule) == ["cancelled", "succeeded"]


def test_groups_bound_how_many_go_on_over_schedules() -> None:
    first = make(name="a", concurrency_group="db", concurrency_limit=1)
    second = make(name="b", concurrency_group="db", concurrency_limit=1)
    other = make(name="c", concurrency_group="files")
    run = started(first)
    for schedule in (second, other):
        fire(schedule, AT)
    work()
    assert (states(second), states(other)) == (["waiting"], ["succeeded"])

    finish_run(run.pk, run.attempt)
    work()

    assert states(second) == ["succeeded"]


def test_an_attempt_that_fails_is_followed_by_another_after_a_growing_pause(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    schedule = make(maximum_attempts=3, retry_seconds=60)
    monkeypatch.setattr(running, "do_target", _raising(AnsweredLaterError("503")))
    (run,) = fire(schedule, AT)
    pauses = []
    for _ in range(2):
        work()
        run.refresh_from_db()
        pauses.append(job_of(run).run_at - clock.now())
        Job.objects.filter(pk=job_of(run).pk).update(run_at=clock.now(), waits_for="")
    work()

    run.refresh_from_db()
    assert [round(pause.total_seconds() / 60) for pause in pauses] == [1, 2]
    assert (run.state, run.attempt) == ("failed", 3)
    assert run.error_code == "SCHEDULER_WEBHOOK_ANSWERED"
    lines = JobRunLine.objects.filter(run=run).order_by("id").values_list("text", flat=True)
    assert "503" in lines[0]


def test_what_nothing_heals_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    schedule = make(maximum_attempts=3)
    monkeypatch.setattr(running, "do_target", _raising(AnsweredError("400")))
    (run,) = fire(schedule, AT)

    work()

    run.refresh_from_db()
    assert (run.state, run.attempt) == ("failed", 1)


def test_a_fault_of_ours_is_tried_again_and_its_words_stay_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    schedule = make(maximum_attempts=1)
    monkeypatch.setattr(running, "do_target", _raising(RuntimeError("the password is x")))
    (run,) = fire(schedule, AT)

    work()

    run.refresh_from_db()
    assert (run.state, run.error_message) == ("failed", "RuntimeError")


def test_a_schedule_that_fails_so_often_in_a_row_is_turned_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    schedule = make(disable_after=2)
    monkeypatch.setattr(running, "do_target", _raising(AnsweredError("400")))
    for hours in range(2):
        fire(schedule, AT + hours * HOUR)
        work()

    schedule.refresh_from_db()
    assert (schedule.enabled, schedule.next_run_at) == (False, None)
    assert schedule.note == "turned off after 2 failures in a row"
    assert [event.failures for event in told(ScheduleDisabled)] == [2]


def test_a_success_begins_the_count_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    schedule = make(disable_after=2)
    for hours, raised in enumerate((AnsweredError("400"), None, AnsweredError("400"))):
        with monkeypatch.context() as patched:
            if raised:
                patched.setattr(running, "do_target", _raising(raised))
            fire(schedule, AT + hours * HOUR)
            work()

    schedule.refresh_from_db()
    assert (schedule.enabled, schedule.failures_in_a_row) == (True, 1)


def test_a_success_is_followed_by_what_follows_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first = make(name="first")
    second = make(name="second", kind="after", cron="", after_id=str(first.pk))
    fire(first, AT)
    work()
    with monkeypatch.context() as patched:
        patched.setattr(running, "do_target", _raising(AnsweredError("400")))
        fire(first, AT + HOUR)
        work()

    (followed,) = runs(second)
    assert (followed.kind, followed.fire_time, followed.state) == ("following", AT, "succeeded")


def test_an_attempt_that_takes_too_long_is_ended_and_tried_again() -> None:
    schedule = make(timeout_seconds=60)
    run = started(schedule)

    look_at_runs(clock.now() + timedelta(seconds=59))
    before = states(schedule)
    look_at_runs(clock.now() + timedelta(seconds=61))

    run.refresh_from_db()
    assert (before, run.state, run.error_code) == (["running"], "queued", "SCHEDULER_TIMED_OUT")
    assert finish_run(run.pk, 1, result={}) is None


def test_a_run_that_is_late_is_told_of_once() -> None:
    schedule = make(grace_seconds=300)
    (run,) = fire(schedule, AT)

    for seconds in (299, 301, 900):
        look_at_runs(AT + timedelta(seconds=seconds))

    assert [event.run_id for event in told(RunLate)] == [str(run.pk)]


def test_a_run_that_has_succeeded_is_not_late() -> None:
    fire(make(grace_seconds=300), AT)
    JobRun.objects.update(late_at=clock.now() + timedelta(seconds=300))
    work()

    look_at_runs(clock.now() + timedelta(seconds=301))

    assert told(RunLate) == []


def test_a_job_outside_that_never_told_has_failed_and_is_told_of_as_late() -> None:
    schedule = make(target_kind="ping", grace_seconds=60, maximum_attempts=1)
    (run,) = fire(schedule, AT)
    work()

    for _ in range(2):
        look_at_runs(AT + timedelta(seconds=61))

    run.refresh_from_db()
    assert (run.state, run.error_code) == ("failed", "SCHEDULER_NO_PING")
    assert [event.run_id for event in told(RunLate)] == [str(run.pk)]


def test_a_run_that_succeeds_after_its_time_is_told_of_as_late() -> None:
    fire(make(grace_seconds=300), AT)

    work()

    (run,) = JobRun.objects.all()
    assert (run.state, run.late_at) == ("succeeded", None)
    assert [event.run_id for event in told(RunLate)] == [str(run.pk)]


def test_runs_are_forgotten_after_as_many_days_as_their_schedule_says() -> None:
    kept, forgotten = make(name="kept"), make(name="forgotten", keep_runs_days=1)
    for schedule in (kept, forgotten):
        fire(schedule, AT)
    work()
    waiting = run_now(id=str(forgotten.pk))

    forget_runs(clock.now() + timedelta(days=2))

    assert len(runs(kept)) == 1
    assert [run.pk for run in runs(forgotten)] == [waiting.pk]


def _raising(error: Exception) -> Any:
    def do(*_arguments: Any) -> None:
        raise error

    return do


def test_a_run_that_waits_is_asked_for_once_however_many_end_meanwhile() -> None:
    schedule = make(overlap="buffer_one")
    first = started(schedule)
    for hours in (1, 2, 3):
        fire(schedule, AT + hours * HOUR)
        work()
    assert states(schedule) == ["running", "waiting", "skipped", "skipped"]
    finish_run(first.pk, first.attempt)

    (*_, late) = fire(schedule, AT + 4 * HOUR)
    begin_run(late.pk)

    assert states(schedule)[-1] == "skipped"
    assert Job.objects.filter(target=str(runs(schedule)[1].pk), state="queued").count() == 1


def test_a_run_goes_on_by_one_job_and_another_does_not_begin_it_again() -> None:
    schedule = make(overlap="buffer_one")
    first = started(schedule)
    fire(schedule, AT + HOUR)
    work()
    finish_run(first.pk, first.attempt)
    waiting = runs(schedule)[1]
    mine = job_of(waiting).pk
    begun = begin_run(waiting.pk, mine)
    assert begun is not None

    other = begin_run(waiting.pk, new_id())
    lost = begin_run(waiting.pk, mine)

    assert other is None
    assert lost is not None
    assert (begun.attempt, lost.attempt) == (1, 2)


def test_of_runs_that_wait_in_a_row_the_first_alone_is_looked_at_when_one_has_ended() -> None:
    schedule = make(overlap="buffer_all")
    first = started(schedule)
    for hours in (1, 2, 3):
        fire(schedule, AT + hours * HOUR)
        work()

    finish_run(first.pk, first.attempt)

    queued = Job.objects.filter(name="scheduler.run", state="queued")
    assert list(queued.values_list("target", flat=True)) == [str(runs(schedule)[1].pk)]
    work()
    assert states(schedule) == ["succeeded"] * 4


def test_a_group_wakes_each_schedule_that_waits_for_it() -> None:
    one, two, three = (
        make(name=name, concurrency_group="db", concurrency_limit=2, overlap="buffer_all")
        for name in ("a", "b", "c")
    )
    first = started(one)
    second = started(two)
    for schedule in (one, two, three):
        fire(schedule, AT + HOUR)
    work()
    assert states(three) == ["waiting"]

    finish_run(first.pk, first.attempt)
    finish_run(second.pk, second.attempt)

    queued = Job.objects.filter(name="scheduler.run", state="queued").values_list("target")
    assert len(queued) == 3
    work()
    assert [states(each)[-1] for each in (one, two, three)] == ["succeeded"] * 3
