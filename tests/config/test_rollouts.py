"""Rollouts: more and more get a variant, nobody loses it on the way, and a guard undoes it."""

import json
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.config.adapters import prometheus
from apps.config.domain.compiling import compile_set
from apps.config.domain.rollouts import RolloutError, at_step, check_steps
from apps.config.models import FeatureFlag, FlagVersion, RolloutPlan
from apps.config.services.guards import Guard
from apps.config.services.killing import kill_flag
from apps.config.services.outcomes import Outcomes, report
from apps.config.services.rollouts import (
    advance_rollout,
    cancel_rollout,
    look_at_rollouts,
    pause_rollout,
    resume_rollout,
    roll_back_rollout,
    start_rollout,
)
from apps.config.services.snapshots import snapshots
from contracts.config import RolloutMoved
from kernel import clock
from kernel.errors import ConflictError, InvalidInputError, UnavailableError
from kernel.jobs.models import Job
from kernel.outbound.client import Response
from kernel.tenancy.context import current_tenant_id
from kernel.testing.events import published
from tests.config.definitions import boolean, live, put

pytestmark = pytest.mark.usefixtures("tenant")

STAFF = {"if": [{"ends_with": [{"var": "email"}, "@example.com"]}, "on"]}


class Time:
    """A clock that goes when it is told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = clock.now()
        monkeypatch.setattr(clock, "now", lambda: self.now)

    def go(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    return Time(monkeypatch)


def start(flag: FeatureFlag, **more: Any) -> RolloutPlan:
    steps = [(10, 60), (50, 60), (100, 60)]
    wanted = {"variant": "on", "steps": steps} | _guarded(more)
    return start_rollout(flag_id=str(flag.pk), **wanted)


def _guarded(more: dict[str, Any]) -> dict[str, Any]:
    names = {"most_errors", "least_outcomes", "query_url", "query", "most_value"}
    guard = Guard(**{name: value for name, value in more.items() if name in names})
    return {name: value for name, value in more.items() if name not in names} | {"guard": guard}


def those_in(users: int = 400) -> set[int]:
    flags = snapshots.get(current_tenant_id()).flags
    return {
        user
        for user in range(users)
        if flags.evaluate("dark-mode", {"targetingKey": f"user-{user}"}).value is True
    }


def told() -> list[tuple[str, float]]:
    return [(one.state, one.percent) for one in published() if isinstance(one, RolloutMoved)]


def state(plan: RolloutPlan) -> str:
    plan.refresh_from_db()
    return plan.state


def test_more_and_more_get_it_and_nobody_loses_it(time: Time) -> None:
    flag = live("dark-mode", boolean(targeting=STAFF))
    plan = start(flag)
    seen = [those_in()]

    for _ in range(3):
        advance_rollout(str(plan.pk))
        time.go(60)
        advance_rollout(str(plan.pk))
        seen.append(those_in())

    assert all(before <= after for before, after in pairwise(seen))
    assert [len(each) for each in seen[1:]] == [len(seen[1]), 400, 400]
    assert 20 <= len(seen[0]) <= 60
    assert 160 <= len(seen[1]) <= 240
    assert state(plan) == "done"
    assert told() == [("running", 10), ("running", 50), ("running", 100), ("done", 100)]
    # At the end it is the default, and the rule is what it was.
    newest = json.loads(FlagVersion.objects.order_by("-number")[0].definition)
    assert (newest["defaultVariant"], newest["targeting"]) == ("on", STAFF)
    assert [row.origin for row in FlagVersion.objects.order_by("number")] == [
        "edit",
        "rollout",
        "rollout",
        "rollout",
    ]


PERCENTS = st.lists(st.floats(0.01, 100), min_size=2, max_size=6, unique=True).map(sorted)


@given(percents=PERCENTS, users=st.lists(st.text(max_size=8), min_size=1, max_size=40))
def test_growing_moves_nobody_out(percents: list[float], users: list[str]) -> None:
    original = json.loads(boolean())
    inside: set[str] = set()

    for percent in percents:
        flags = compile_set({"flags": {"f": at_step(original, "on", percent)}})
        now = {user for user in users if flags.evaluate("f", {"targetingKey": user}).value}
        assert inside <= now
        inside = now


def test_a_step_is_held_for_its_time(time: Time) -> None:
    plan = start(live("dark-mode"))
    before = those_in()

    time.go(59)
    advance_rollout(str(plan.pk))

    assert those_in() == before
    assert state(plan) == "running"


def test_too_many_errors_undo_it(time: Time) -> None:
    flag = live("dark-mode", boolean(metadata={"team": "a"}))
    plan = start(flag, most_errors=0.05, least_outcomes=100)
    report([Outcomes(flag="dark-mode", variant="on", outcomes=99, errors=99)])
    advance_rollout(str(plan.pk))
    too_few = state(plan)

    report(
        [
            Outcomes(flag="dark-mode", variant="on", outcomes=101, errors=0),
            Outcomes(flag="dark-mode", variant="off", outcomes=10_000, errors=0),
            Outcomes(flag="nope", variant="on", outcomes=1, errors=1),
        ]
    )
    advance_rollout(str(plan.pk))

    assert (too_few, state(plan)) == ("running", "rolled_back")
    assert plan.problem == "49.50% of 200 outcomes are errors, at most 5.00%"
    assert those_in() == set()
    newest = FlagVersion.objects.order_by("-number")[0]
    assert (newest.definition, newest.origin, newest.of_version) == (
        boolean(metadata={"team": "a"}),
        "rollback",
        1,
    )
    assert told() == [("running", 10), ("rolled_back", 10)]


def test_errors_of_the_step_before_are_forgiven(time: Time) -> None:
    plan = start(live("dark-mode"), most_errors=0.5, least_outcomes=1)
    report([Outcomes(flag="dark-mode", variant="on", outcomes=10, errors=5)])
    time.go(60)
    advance_rollout(str(plan.pk))

    report([Outcomes(flag="dark-mode", variant="on", outcomes=10, errors=5)])
    advance_rollout(str(plan.pk))

    assert (state(plan), plan.taken) == ("running", 2)


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        (b'{"data":{"resultType":"vector","result":[{"value":[1,"0.2"]}]}}', 200, "running"),
        (b'{"data":{"resultType":"vector","result":[{"value":[1,"0.9"]}]}}', 200, "rolled_back"),
        (b'{"data":{"resultType":"scalar","result":[1,"0.9"]}}', 200, "rolled_back"),
        (b'{"data":{"resultType":"vector","result":[{"value":[1,"NaN"]}]}}', 200, "running"),
        (b'{"data":{"resultType":"vector","result":[]}}', 200, "running"),
    ],
)
def test_a_metric_guards_it(
    monkeypatch: pytest.MonkeyPatch, body: bytes, status: int, expected: str
) -> None:
    asked: list[str] = []

    def fetch(_method: str, url: str, **_options: Any) -> Response:
        asked.append(url)
        return Response(status, {}, body, url)

    monkeypatch.setattr(prometheus, "fetch", fetch)
    plan = start(
        live("dark-mode"),
        query_url="https://prometheus.example/api/v1/query",
        query='rate(errors{app="a b"}[5m])',
        most_value=0.5,
    )

    advance_rollout(str(plan.pk))

    assert state(plan) == expected
    assert asked == [
        "https://prometheus.example/api/v1/query?query=rate%28errors%7Bapp%3D%22a+b%22%7D%5B5m%5D%29"
    ]


@pytest.mark.parametrize(("status", "body"), [(500, b"{}"), (200, b"<html>"), (200, b'{"data":1}')])
def test_without_an_answer_it_goes_no_further(
    monkeypatch: pytest.MonkeyPatch, time: Time, status: int, body: bytes
) -> None:
    monkeypatch.setattr(prometheus, "fetch", lambda *_a, **_o: Response(status, {}, body, ""))
    plan = start(live("dark-mode"), query_url="https://a.example", query="up", most_value=0.5)
    time.go(60)

    with pytest.raises(UnavailableError, match="Prometheus answers"):
        advance_rollout(str(plan.pk))

    assert (state(plan), plan.taken) == ("running", 1)


def test_a_flag_that_somebody_edits_is_left_alone(time: Time) -> None:
    flag = live("dark-mode")
    plan = start(flag)
    put(flag, boolean("on", metadata={"a": 1}))
    time.go(60)

    advance_rollout(str(plan.pk))

    assert state(plan) == "paused"
    assert plan.problem == "the flag is at version 3, the rollout left it at 2"
    assert len(those_in()) == 400
    with pytest.raises(ConflictError, match="the flag is at version 3"):
        resume_rollout(id=str(plan.pk))


def test_a_killed_flag_is_not_rolled_out(time: Time) -> None:
    flag = live("dark-mode")
    plan = start(flag)
    kill_flag(id=str(flag.pk))
    time.go(60)

    advance_rollout(str(plan.pk))

    assert (state(plan), plan.problem, plan.taken) == ("paused", "the flag is killed", 1)


def test_it_is_paused_resumed_undone_and_left(time: Time) -> None:
    flag = live("dark-mode")
    plan = start(flag)

    pause_rollout(id=str(plan.pk))
    time.go(600)
    advance_rollout(str(plan.pk))
    paused = (state(plan), plan.taken)
    resume_rollout(id=str(plan.pk))
    advance_rollout(str(plan.pk))
    resumed = (state(plan), plan.taken)
    roll_back_rollout(id=str(plan.pk), reason="it looks odd")
    undone = those_in()
    second = start(flag)
    cancel_rollout(id=str(second.pk))

    assert (paused, resumed, undone) == (("paused", 1), ("running", 1), set())
    assert state(second) == "cancelled"
    assert len(those_in()) > 0
    with pytest.raises(ConflictError, match="the rollout is rolled_back: it cannot be resumed"):
        resume_rollout(id=str(plan.pk))


def test_a_flag_has_one_rollout_at_a_time() -> None:
    flag = live("dark-mode")
    start(flag)

    with pytest.raises(ConflictError, match="another rollout of 'dark-mode' goes"):
        start(flag, variant="on", steps=[(20, 1)])

    assert RolloutPlan.objects.count() == 1


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"steps": []}, "1 to 50 steps, found 0"),
        ({"steps": [(50, 1), (50, 1)]}, "percentages grow, up to 100: found 50 after 50"),
        ({"steps": [(101, 1)]}, "found 101 after 0"),
        ({"steps": [(float("nan"), 1)]}, "found nan after 0"),
        ({"steps": [(1, -1)]}, "a step is held for 0 to"),
        ({"variant": "nope"}, "'nope' is no variant of the flag"),
        ({"variant": "off"}, "'off' is what everybody gets by default"),
        ({"most_errors": 2.0}, "mostErrors is a share, 0 to 1"),
        ({"query": "up"}, "queryUrl, query and mostValue go together"),
        ({"most_value": 1.0}, "queryUrl, query and mostValue go together"),
    ],
)
def test_what_is_no_rollout_is_refused(more: dict[str, Any], message: str) -> None:
    flag = live("dark-mode")
    wanted = {"variant": "on", "steps": [(10, 1)]} | _guarded(more)

    with pytest.raises(InvalidInputError, match=message):
        start_rollout(flag_id=str(flag.pk), **wanted)
    assert RolloutPlan.objects.count() == 0


def test_a_rule_that_leaves_nobody_to_the_default_is_refused() -> None:
    rule = {"if": [{"var": "a"}, "on", "off"]}

    with pytest.raises(RolloutError, match="leaves nobody to its default"):
        at_step(json.loads(boolean(targeting=rule)), "on", 10)
    check_steps([(0.5, 0), (100, 0)])


@pytest.mark.parametrize("rule", [None, STAFF])
def test_a_rollout_that_was_left_goes_on_where_it_stood(rule: Any) -> None:
    original = json.loads(boolean(targeting=rule))

    left = at_step(original, "on", 10)

    assert at_step(left, "on", 50) == at_step(original, "on", 50)
    assert at_step(left, "on", 100) == at_step(original, "on", 100)
    with pytest.raises(RolloutError, match="10 % have 'on' already"):
        at_step(left, "on", 5)


def test_each_that_goes_is_looked_at(time: Time) -> None:
    plan = start(live("dark-mode"))
    done = start(live("other"))
    cancel_rollout(id=str(done.pk))

    for _ in range(2):
        look_at_rollouts()

    assert [job.target for job in Job.objects.filter(name="config.advance_rollout")] == [
        str(plan.pk)
    ]


def test_outcomes_that_cannot_be_are_refused() -> None:
    live("dark-mode")

    with pytest.raises(InvalidInputError, match="2 errors of 1 outcomes"):
        report([Outcomes(flag="dark-mode", variant="on", outcomes=1, errors=2)])
