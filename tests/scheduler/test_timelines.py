"""Timelines and calendars: what was, what is to come, and that nothing is read without end."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from apps.scheduler.domain.windows import days_of
from apps.scheduler.models import JobRun, JobSchedule, RunState
from apps.scheduler.selectors import days, timelines
from apps.scheduler.selectors.timelines import Wanted, timeline
from kernel.errors import InvalidInputError, LimitExceededError, NotFoundError
from kernel.identity.models import Tenant
from kernel.ids import new_id
from kernel.tenancy.context import in_tenant
from kernel.testing.graphql import GraphQLClient
from kernel.testing.tenants import make_key, make_tenant
from tests.scheduler.factories import make

DAY = datetime(2026, 6, 1, tzinfo=UTC)
NEXT = DAY + timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch: pytest.MonkeyPatch, tenant: Tenant) -> None:
    monkeypatch.setattr("kernel.clock.now", lambda: DAY + 12 * HOUR)


def ran(
    schedule: JobSchedule,
    times: Sequence[datetime],
    state: str = RunState.SUCCEEDED,
    took: timedelta | None = timedelta(minutes=1),
) -> list[JobRun]:
    rows = [
        JobRun(
            schedule=schedule,
            fire_time=at,
            state=state,
            started_at=at,
            finished_at=None if took is None else at + took,
        )
        for at in times
    ]
    return JobRun.objects.bulk_create(rows)


def minutes(count: int, since: datetime = DAY) -> list[datetime]:
    return [since + timedelta(minutes=number) for number in range(count)]


def names(**wanted: Any) -> list[str]:
    return [lane.schedule.name for lane in timeline(DAY, NEXT, Wanted(**wanted)).lanes]


def test_runs_and_times_to_come_are_told_by_schedule() -> None:
    hourly, quiet = make(name="a", cron="0 * * * *"), make(name="b", cron="0 3 * * 0")
    ran(hourly, [DAY + 2 * HOUR, DAY, DAY + HOUR])
    ran(hourly, [DAY - HOUR, NEXT])

    first, second = timeline(DAY, NEXT).lanes

    assert (first.schedule, second.schedule) == (hourly, quiet)
    assert [one.fire_time for one in first.runs] == [DAY, DAY + HOUR, DAY + 2 * HOUR]
    assert first.coming == [DAY + number * HOUR for number in range(13, 24)]
    assert (second.runs, second.coming, second.counts) == ([], [], [])


def test_a_run_that_went_on_into_the_window_is_among_them() -> None:
    schedule = make()
    before = DAY - 3 * HOUR
    ran(schedule, [before], took=4 * HOUR)
    ran(schedule, [before + HOUR], took=HOUR)
    ran(schedule, [before + 2 * HOUR], RunState.RUNNING, took=None)

    (lane,) = timeline(DAY, NEXT).lanes

    assert [one.fire_time for one in lane.runs] == [before, before + 2 * HOUR]


def test_many_runs_are_counted_by_steps_instead() -> None:
    schedule = make()
    ran(schedule, minutes(timelines.MOST_RUNS))
    at_most = timeline(DAY, NEXT).lanes[0]
    ran(schedule, minutes(2, DAY + 5 * HOUR), RunState.FAILED)

    (lane,) = timeline(DAY, NEXT).lanes

    assert (len(at_most.runs), at_most.counts) == (timelines.MOST_RUNS, [])
    assert lane.runs == []
    assert [(one.since - DAY, one.states) for one in lane.counts] == [
        (timedelta(0), {"succeeded": 30}),
        (timedelta(minutes=30), {"succeeded": 30}),
        (timedelta(minutes=60), {"succeeded": 30}),
        (timedelta(minutes=90), {"succeeded": 10}),
        (timedelta(hours=5), {"failed": 2}),
    ]
    assert lane.counted_until is None


def test_no_more_runs_are_counted_than_a_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timelines, "MOST_COUNTED", 300)
    for name in "ab":
        ran(make(name=name), minutes(170))
    ran(make(name="c"), minutes(120))

    lanes = timeline(DAY, NEXT).lanes

    assert [sum(one.total for one in lane.counts) for lane in lanes] == [100, 100, 100]
    assert [lane.counted_until for lane in lanes] == [DAY + timedelta(minutes=100)] * 3


def test_what_a_page_costs_does_not_grow_with_runs_or_schedules(
    django_assert_num_queries: Any,
) -> None:
    few, many = make(name="few"), make(name="many")
    ran(few, minutes(2))
    ran(many, minutes(150))
    for number in range(5):
        ran(make(name=f"other {number}"), minutes(20 * number))

    with django_assert_num_queries(4):
        assert len(timeline(DAY, NEXT).lanes) == 7


def test_schedules_come_page_by_page_by_name() -> None:
    for name in ("c", "a", "b", "a", "d"):
        make(name=name)

    found, after = [], None
    while True:
        page = timeline(DAY, NEXT, first=2, after=after)
        found += [lane.schedule.name for lane in page.lanes]
        after = page.after
        if after is None:
            break

    assert found == ["a", "a", "b", "c", "d"]


def test_schedules_are_narrowed_by_name_tag_and_state() -> None:
    nightly = make(name="Nightly import", tags=["money", "caffè"])
    make(name="hourly", tags=["moneyless"])
    failing = make(name="failing")
    ran(failing, [DAY], RunState.FAILED)
    ran(failing, [DAY + HOUR])
    ran(nightly, [DAY])

    assert names(name="night") == ["Nightly import"]
    assert names(tag="money") == ["Nightly import"]
    assert names(tag="caffè") == ["Nightly import"]
    assert names(tag='"') == []
    assert names(states=["failed", "terminated"]) == ["failing"]
    assert names(schedule_ids=[str(failing.pk)]) == ["failing"]
    (lane,) = timeline(DAY, NEXT, Wanted(states=["failed"])).lanes
    assert [one.fire_time for one in lane.runs] == [DAY]


def test_of_what_is_off_or_has_run_enough_nothing_is_to_come() -> None:
    make(name="off", enabled=False)
    make(name="twice", maximum_runs=2)
    make(name="each minute", cron="* * * * *")

    minutely, off, twice = timeline(DAY, NEXT).lanes

    assert (off.coming, off.more_coming) == ([], False)
    assert twice.coming == [DAY + 13 * HOUR, DAY + 14 * HOUR]
    assert (len(minutely.coming), minutely.more_coming) == (timelines.MOST_COMING, True)


@pytest.mark.parametrize(
    ("since", "until", "error"),
    [
        (DAY, DAY, InvalidInputError),
        (DAY.replace(tzinfo=None), NEXT, InvalidInputError),
        (DAY, DAY + timedelta(days=43), LimitExceededError),
        (
            datetime.min.replace(tzinfo=UTC),
            datetime.min.replace(tzinfo=UTC, day=2),
            InvalidInputError,
        ),
        (
            datetime.max.replace(tzinfo=UTC, day=2),
            datetime.max.replace(tzinfo=UTC),
            InvalidInputError,
        ),
    ],
)
def test_what_is_no_window_is_refused(
    since: datetime, until: datetime, error: type[Exception]
) -> None:
    with pytest.raises(error):
        timeline(since, until)


def test_another_tenants_schedules_are_not_told() -> None:
    other = make_tenant("other")
    with in_tenant(other.pk):
        theirs = make(name="theirs")
        ran(theirs, [DAY])

    assert names() == []
    assert names(schedule_ids=[str(theirs.pk)]) == []
    assert [
        one.total + one.coming for one in days.count_days(days_of(DAY.date(), DAY.date(), UTC))
    ] == [0]
    with pytest.raises(NotFoundError):
        timeline(DAY, NEXT, after=str(theirs.pk))
    with pytest.raises(NotFoundError):
        timeline(DAY, NEXT, after=str(new_id()))


def test_days_count_runs_and_times_to_come() -> None:
    schedule = make(cron="0 */6 * * *")
    ran(schedule, [DAY, DAY + HOUR])
    ran(schedule, [DAY + 23 * HOUR], RunState.FAILED)

    first, second = days.count_days(days_of(date(2026, 6, 1), date(2026, 6, 2), UTC))

    assert (first.states, first.coming) == ({"succeeded": 2, "failed": 1}, 1)
    assert (second.total, second.coming, second.more_coming) == (0, 4, False)


def test_of_a_full_calendar_each_day_is_counted_to_a_number(
    monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    monkeypatch.setattr(days, "MOST_AT_ONCE", 30)
    monkeypatch.setattr(days, "MOST_OF_DAY", 20)
    ran(make(enabled=False), [*minutes(25), *minutes(10, NEXT)])

    with django_assert_max_num_queries(5):
        found = days.count_days(days_of(date(2026, 6, 1), date(2026, 6, 3), UTC))

    assert [(one.total, one.more) for one in found] == [(20, True), (10, False), (0, False)]


def test_times_to_come_are_told_up_to_where_they_are_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(days, "MOST_COMING", 30)
    make(cron="0 * * * *")
    week = days_of(date(2026, 6, 1), date(2026, 6, 4), UTC)
    by_times = days.count_days(week)
    monkeypatch.setattr(days, "MOST_SCHEDULES", 1)
    make(cron="0 0 3 6 *")
    monkeypatch.setattr(days, "MOST_COMING", 3_000)
    by_schedules = days.count_days(week)

    assert [(one.coming, one.more_coming) for one in by_times] == [
        *((11, False), (19, True), (0, True), (0, True))
    ]
    assert [(one.coming, one.more_coming) for one in by_schedules] == [
        *((11, False), (24, False), (0, True), (0, True))
    ]


def test_what_is_due_each_second_leaves_the_days_of_others_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(days, "MOST_COMING", 40)
    make(cron="* * * * * *")
    make(cron="0 18 * * *")

    found = days.count_days(days_of(date(2026, 6, 1), date(2026, 6, 4), UTC))

    # Of the 40 the second takes 4, and leaves the rest of its half to the first.
    assert [(one.coming, one.more_coming) for one in found] == [
        *((37, True), (1, True), (1, True), (1, True))
    ]


def test_the_graph_tells_both(graphql: GraphQLClient) -> None:
    schedule = make(name="hourly", cron="0 * * * *")
    (run,) = ran(schedule, [DAY], RunState.FAILED)

    told = graphql(
        """query($since: DateTime!, $until: DateTime!) {
             jobTimeline(since: $since, until: $until, states: [FAILED]) {
               after
               lanes { scheduleId name countedUntil moreComing coming
                 runs { id fireTime state kind finishedAt } steps { since runs { total } } } }
             jobCalendar(firstDay: "2026-06-01", lastDay: "2026-06-01",
                         timeZone: "Europe/Amsterdam") {
               date hours runs { total failed succeeded leftOut unfinished } coming moreRuns } }""",
        since=DAY.isoformat(),
        until=NEXT.isoformat(),
    ).data

    (lane,) = told["jobTimeline"]["lanes"]
    (day,) = told["jobCalendar"]
    assert (lane["scheduleId"], lane["name"], lane["steps"]) == (str(schedule.pk), "hourly", [])
    assert lane["runs"] == [
        {
            "id": str(run.pk),
            "fireTime": DAY.isoformat(),
            "state": "FAILED",
            "kind": "SCHEDULED",
            "finishedAt": (DAY + timedelta(minutes=1)).isoformat(),
        }
    ]
    assert len(lane["coming"]) == 11
    assert (day["date"], day["hours"], day["coming"], day["moreRuns"]) == (
        "2026-06-01",
        24,
        9,
        False,
    )
    assert day["runs"] == {
        "total": 1,
        "failed": 1,
        "succeeded": 0,
        "leftOut": 0,
        "unfinished": 0,
    }


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ('jobCalendar(firstDay: "2026-06-01", lastDay: "2026-08-01") { date }', "LIMIT_EXCEEDED"),
        ('jobCalendar(firstDay: "2026-06-02", lastDay: "2026-06-01") { date }', "LIMIT_EXCEEDED"),
        ('jobCalendar(firstDay: "9999-12-30", lastDay: "9999-12-31") { date }', "INVALID_INPUT"),
        (
            'jobCalendar(firstDay: "2026-06-01", lastDay: "2026-06-01", timeZone: "Mars") { date }',
            "INVALID_INPUT",
        ),
        (
            (
                'jobTimeline(since: "2026-06-01T00:00:00Z", until: "2026-06-02T00:00:00Z",'
                " first: 51) { after }"
            ),
            "LIMIT_EXCEEDED",
        ),
    ],
)
def test_questions_that_go_too_far_are_refused(
    graphql: GraphQLClient, question: str, code: str
) -> None:
    assert graphql(f"{{ {question} }}").codes == [code]


def test_who_may_not_read_schedules_is_told_nothing(tenant: Tenant) -> None:
    client = GraphQLClient(make_key(tenant, "files:read").secret)

    for question in (
        'jobTimeline(since: "2026-06-01T00:00:00Z", until: "2026-06-02T00:00:00Z") { after }',
        'jobCalendar(firstDay: "2026-06-01", lastDay: "2026-06-01") { date }',
        "systemSchedules { service }",
    ):
        assert client(f"{{ {question} }}").codes == ["FORBIDDEN"]


def test_the_graph_tells_what_runs_by_itself(graphql: GraphQLClient) -> None:
    told = graphql(
        """{ systemSchedules { service problem schedules {
               name description everySeconds nextRunAt late lastRun { state errorCode } } } }"""
    ).data["systemSchedules"]

    by_service = {one["service"]: one for one in told}
    looks = {one["name"]: one for one in by_service["scheduler"]["schedules"]}
    assert looks["scheduler.forget_runs"]["everySeconds"] == 3600
    assert looks["scheduler.forget_runs"]["nextRunAt"] == (DAY + 13 * HOUR).isoformat()
    assert looks["scheduler.forget_runs"]["lastRun"] is None
