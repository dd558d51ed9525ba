"""What people do to schedules and runs."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from apps.scheduler.errors import TargetRefusedError, TimesRefusedError
from apps.scheduler.models import JobRun, JobSchedule, JobScheduleVersion
from apps.scheduler.services.beginning import begin_run
from apps.scheduler.services.life import (
    backfill,
    cancel_run,
    pause_schedule,
    resume_schedule,
    run_now,
    terminate_run,
)
from apps.scheduler.services.schedules import clone_schedule, delete_schedule, update_schedule
from contracts.scheduler import RunRequested, SchedulePaused, ScheduleResumed
from kernel import clock
from kernel.errors import ConflictError, InvalidInputError, LimitExceededError
from kernel.events.models import OutboxEvent
from kernel.tenancy.context import acting_as, current_tenant_id
from kernel.testing.datasets import somebody
from kernel.testing.events import told
from tests.scheduler.factories import HOUR, NOON, fire, job_of, make, states, work

pytestmark = pytest.mark.usefixtures("tenant")

AT = NOON.replace(year=2020, minute=0)


def test_a_paused_schedule_is_not_due_says_why_and_is_resumed_from_now_on() -> None:
    id_ = str(make().pk)

    paused = pause_schedule(id=id_, note="the disk is full")
    assert (paused.enabled, paused.note, paused.next_run_at) == (False, "the disk is full", None)
    resumed = [resume_schedule(id=id_) for _ in range(2)][1]

    assert (resumed.enabled, resumed.note) == (True, "")
    assert resumed.next_run_at is not None
    assert clock.now() < resumed.next_run_at <= clock.now() + HOUR
    assert [event.note for event in told(SchedulePaused)] == ["the disk is full"]
    assert len(told(ScheduleResumed)) == 1


def test_a_schedule_runs_now_with_other_parameters_whether_it_is_on_or_off() -> None:
    schedule = make(parameters={"depth": 1}, enabled=False)

    run = run_now(id=str(schedule.pk), parameters={"depth": 9})
    work()

    run.refresh_from_db()
    assert (run.kind, run.state, run.parameters) == ("manual", "succeeded", {"depth": 9})
    assert [(event.kind, event.runs) for event in told(RunRequested)] == [("manual", 1)]


def test_a_range_is_run_again_but_what_has_succeeded_and_a_dry_run_only_counts() -> None:
    schedule = make()
    fire(schedule, AT)
    work()
    asked: Any = {"id": str(schedule.pk), "since": AT - 2 * HOUR, "until": AT + HOUR}

    dry = backfill(**asked, dry_run=True)
    made = backfill(**asked)
    again = backfill(**asked)
    work()

    assert (dry.times, dry.left_out, dry.runs) == (3, 1, [])
    assert [run.fire_time for run in made.runs] == [AT - 2 * HOUR, AT - HOUR]
    assert again.runs == []
    assert states(schedule) == ["succeeded"] * 3


def test_what_is_run_again_waits_for_its_turn_and_is_not_skipped() -> None:
    schedule = make(overlap="skip")
    made = backfill(id=str(schedule.pk), since=AT - HOUR, until=AT + HOUR)
    first = begin_run(made.runs[0].pk)
    assert first is not None

    assert begin_run(made.runs[1].pk) is None

    assert states(schedule) == ["running", "waiting"]


def test_a_range_that_is_none_or_too_long_is_refused() -> None:
    id_ = str(make(cron="* * * * *").pk)
    after = str(make(name="b", kind="after", cron="", after_id=id_).pk)

    with pytest.raises(InvalidInputError, match="begins before it ends"):
        backfill(id=id_, since=AT, until=AT)
    with pytest.raises(InvalidInputError, match="ends before now"):
        backfill(id=id_, since=AT, until=clock.now() + HOUR)
    with pytest.raises(LimitExceededError, match="at most 1,000 times"):
        backfill(id=id_, since=AT, until=AT + timedelta(days=1))
    with pytest.raises(InvalidInputError, match="no times of its own"):
        backfill(id=after, since=AT, until=AT + HOUR)
    assert JobRun.objects.count() == 0


def test_a_run_that_has_not_begun_is_cancelled_at_once_and_another_is_asked() -> None:
    schedule = make(overlap="allow_all")
    waiting, going = fire(schedule, AT) + fire(schedule, AT + HOUR)[1:]
    begun = begin_run(going.pk)
    assert begun is not None

    cancelled = [cancel_run(id=str(waiting.pk)) for _ in range(2)][1]
    asked = cancel_run(id=str(going.pk))

    assert cancelled.state == "cancelled"
    assert job_of(waiting).state == "cancelled"
    assert (asked.state, asked.cancel_asked) == ("running", True)


def test_a_run_is_given_up_without_waiting_for_it() -> None:
    (run,) = fire(make(), AT)
    begin_run(run.pk)

    terminated = terminate_run(id=str(run.pk))

    assert terminated.state == "terminated"
    with pytest.raises(ConflictError, match="the run has terminated already"):
        cancel_run(id=str(run.pk))


def test_each_change_makes_a_version_that_says_what_was_said() -> None:
    schedule = make(tags=["night"])
    update_schedule(id=str(schedule.pk), cron="5 * * * *")
    update_schedule(id=str(schedule.pk), enabled=False)

    versions = list(JobScheduleVersion.objects.order_by("number"))

    assert [one.number for one in versions] == [1, 2]
    assert [one.definition["cron"] for one in versions] == ["0 * * * *", "5 * * * *"]
    assert versions[0].definition["tags"] == ["night"]
    assert "webhook_secret" not in versions[0].definition


def test_a_clone_says_the_same_and_is_off() -> None:
    schedule = make(parameters={"a": 1}, calendar={"business_days": True}, tags=["x"])

    clone = clone_schedule(id=str(schedule.pk), name="another")

    clone.refresh_from_db()
    assert (clone.name, clone.enabled, clone.next_run_at) == ("another", False, None)
    assert (clone.parameters, clone.tags) == ({"a": 1}, ["x"])
    assert clone.calendar == {"business_days": True}


def test_a_schedule_goes_with_its_runs_and_their_jobs() -> None:
    schedule = make()
    (run,) = fire(schedule, AT)

    delete_schedule(id=str(schedule.pk))
    work()

    assert JobRun.objects.count() == 0
    assert job_of(run).state == "cancelled"


def test_whoever_changes_what_is_done_answers_for_it() -> None:
    with acting_as(somebody(current_tenant_id(), "scheduler:write")):
        schedule = make()
    with acting_as(somebody(current_tenant_id(), "scheduler:write", "files:read")):
        update_schedule(id=str(schedule.pk), cron="5 * * * *")
        schedule.refresh_from_db()
        before = schedule.asked_by["scopes"]
        update_schedule(id=str(schedule.pk), parameters={"a": 1})

    schedule.refresh_from_db()
    assert before == ["scheduler:write"]
    assert schedule.asked_by["scopes"] == ["files:read", "scheduler:write"]


REFUSED = [
    ({"cron": "61 * * * *"}, TimesRefusedError, "minute: 61 is not within 0 to 59, at character 1"),
    ({"cron": "0 0 30 2 *"}, TimesRefusedError, "it never fires"),
    ({"time_zone": "Mars/Base"}, TimesRefusedError, "'Mars/Base' is no time zone"),
    ({"kind": "once"}, TimesRefusedError, "by anchorAt"),
    ({"kind": "interval", "every_seconds": 1}, TimesRefusedError, "at least 5 seconds"),
    ({"kind": "rule", "rule": "FREQ=X"}, TimesRefusedError, "FREQ is one of"),
    ({"kind": "after"}, TimesRefusedError, "by afterId"),
    ({"starts_at": NOON, "ends_at": NOON}, TimesRefusedError, "it ends before it starts"),
    ({"calendar": {"country": "XX"}}, TimesRefusedError, "no holidays are known"),
    ({"target_kind": "webhook", "target": "ftp://x"}, TargetRefusedError, "https://"),
    ({"target_kind": "webhook", "target": "https://10.0.0.1/"}, TargetRefusedError, "not public"),
    ({"target_kind": "webhook", "target": "https://x:22/"}, TargetRefusedError, "only ports 80"),
    ({"target_kind": "webhook", "target": "https://u:p@x/"}, TargetRefusedError, "no user"),
    ({"kind": "once", "anchor_at": NOON - 9_999 * HOUR}, TimesRefusedError, "a later moment"),
    ({"ends_at": NOON - 9_999 * HOUR}, TimesRefusedError, "choose a later end"),
    (
        {"cron": "0 9 * * SUN", "calendar": {"country": "NL", "business_days": True}},
        *(TimesRefusedError, "its calendar closes each day on which it would be due"),
    ),
    ({"target_kind": "chore", "target": "files.fly"}, TargetRefusedError, "."),
    ({"target_kind": "chore", "target": "nobody.do"}, TargetRefusedError, "no service 'nobody'"),
    ({"target_kind": "ping"}, TargetRefusedError, "graceSeconds"),
    ({"webhook_secret": "x"}, TargetRefusedError, "whsec_"),
    ({"parameters": [1]}, TargetRefusedError, "parameters are an object"),
    ({"parameters": {"a": "x" * 50_001}}, TargetRefusedError, "at most 50,000 bytes"),
    ({"maximum_attempts": 0}, InvalidInputError, "maximum_attempts is 1 to 20"),
    ({"misfire_cap": 101}, InvalidInputError, "misfire_cap is 0 to 100"),
    ({"overlap": "maybe"}, InvalidInputError, "overlap: Value 'maybe' is not a valid choice"),
    ({"tags": [1]}, InvalidInputError, "tags are at most 20 texts"),
]


@pytest.mark.parametrize(("said", "error", "message"), REFUSED)
def test_what_cannot_be_is_neither_made_nor_becomes_so(
    said: dict[str, object], error: type[Exception], message: str
) -> None:
    schedule = make()
    published = OutboxEvent.objects.count()

    with pytest.raises(error, match=message):
        make(**said)
    with pytest.raises(error, match=message):
        update_schedule(id=str(schedule.pk), **said)  # type: ignore[arg-type]  # of a table

    schedule.refresh_from_db()
    assert (schedule.version, OutboxEvent.objects.count()) == (1, published)


def test_what_has_ended_is_changed_cloned_and_paused_but_not_turned_on() -> None:
    schedule = make(kind="once", cron="", anchor_at=clock.now() + HOUR)
    JobSchedule.objects.update(anchor_at=clock.now() - HOUR, next_run_at=None)

    renamed = update_schedule(id=str(schedule.pk), name="renamed")
    cloned = clone_schedule(id=str(schedule.pk), name="cloned")
    pause_schedule(id=str(schedule.pk))
    for turn_on in (resume_schedule, partial(update_schedule, enabled=True)):
        with pytest.raises(TimesRefusedError, match="a later moment"):
            turn_on(id=str(schedule.pk))

    schedule.refresh_from_db()
    assert (renamed.name, cloned.enabled, schedule.enabled) == ("renamed", False, False)


def test_schedules_do_not_follow_each_other_in_a_circle() -> None:
    first = make(name="first")
    second = make(name="second", kind="after", cron="", after_id=str(first.pk))

    with pytest.raises(TimesRefusedError, match="in a circle"):
        update_schedule(id=str(first.pk), kind="after", after_id=str(second.pk))
