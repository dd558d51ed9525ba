"""What follows another schedule takes what that told; what stands behind a flag waits for it."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

import pytest

from apps.scheduler.domain.placeholders import PlaceholderError, check_placeholders, filled
from apps.scheduler.errors import TargetRefusedError
from apps.scheduler.models import JobRun, JobSchedule
from apps.scheduler.services.life import run_now
from apps.scheduler.services.schedules import update_schedule
from contracts.chores import Chore
from contracts.scheduler import RunLate
from kernel.chores.registry import _REGISTRY, chore
from kernel.dynamic.flagging import FlagSource, flags
from kernel.events.models import OutboxEvent
from tests.scheduler.factories import HOUR, NOON, due_at, fire, make, runs, states, work

pytestmark = pytest.mark.usefixtures("tenant")

AT = NOON.replace(minute=0)
SEEN = {"result": {"id": "f1", "rows": 3, "share": 0.5, "files": [{"id": "a b"}], "none": None}}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("{{ result.id }}", "f1"),
        ("{{ result.rows }}", 3),
        (" {{ result.share }} ", 0.5),
        ("{{ result.none }}", None),
        ("{{ result.files }}", [{"id": "a b"}]),
        ("{{ result.rows }} rows of {{ result.files[0].id }}", "3 rows of a b"),
        ("{{ result.rows > 2 ? '}}' : \"few\" }}", "}}"),
        ("{{ result.none }}!", "!"),
        ({"deep": ["{{ result.id }}", 7, None]}, {"deep": ["f1", 7, None]}),
        ("{ result.id } and }}", "{ result.id } and }}"),
    ],
)
def test_a_placeholder_is_the_value_that_it_names(said: Any, told: Any) -> None:
    assert filled({"it": said}, SEEN) == {"it": told}


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("{{ result.gone }}", "parameters.it: {{ result.gone }}: .*there is no `gone`"),
        ("{{ other }}", "there is no `other`"),
        ("x {{ result.files }}", "a list is no text"),
        ("{{ result.id + 1 }}", "parameters.it"),
        ("{{ range(9) }}", "parameters.it"),
    ],
)
def test_a_placeholder_of_what_is_not_there_says_so(said: str, why: str) -> None:
    with pytest.raises(PlaceholderError, match=why):
        filled({"it": said}, SEEN)


def test_what_is_filled_in_is_not_read_as_a_placeholder() -> None:
    seen = {"result": {"id": "{{ result.rows }}"}}

    assert filled({"it": "{{ result.id }}"}, seen) == {"it": "{{ result.rows }}"}
    assert filled({"it": "<{{ result.id }}>"}, seen) == {"it": "<{{ result.rows }}>"}


def test_placeholders_are_read_before_they_are_filled() -> None:
    assert check_placeholders({"a": ["{{ result.id }}"]})
    assert not check_placeholders({"a": ["{ result.id }", 3]})
    with pytest.raises(PlaceholderError, match=r"parameters\.a\[0\]: \{\{ result\. \}\}"):
        check_placeholders({"a": ["{{ result. }}"]})


@pytest.fixture
def done() -> Iterator[list[Mapping[str, Any]]]:
    """What a chore was told, one after the other; it tells how often that was."""
    found: list[Mapping[str, Any]] = []

    def do(told: Mapping[str, Any]) -> Mapping[str, Any]:
        found.append(told)
        return {"number": len(found)}

    parameters = {"type": "object", "properties": {"of": {"type": "integer"}}}
    offered = Chore(
        name="scheduler.count",
        title="Count",
        description="Of a test.",
        scope="scheduler:write",
        parameters=parameters,
    )
    chore(offered)(do)
    yield found
    del _REGISTRY["scheduler.count"]


def pair(**more: Any) -> tuple[JobSchedule, JobSchedule]:
    """Return a schedule, and another that follows it and takes its number."""
    said: dict[str, Any] = {"target_kind": "chore", "target": "scheduler.count"}
    first = make(name="first", **said)
    after = {"kind": "after", "cron": "", "after_id": str(first.pk)}
    taken = {"parameters": {"of": "{{ result.number }}"}}
    return first, make(name="second", **said | after | taken | more)


def test_a_run_takes_what_the_run_before_it_told(done: list[Mapping[str, Any]]) -> None:
    first, second = pair()
    for late in range(2):
        fire(first, AT + late * HOUR)
        work()

    run_now(id=str(second.pk))
    work()

    assert states(second) == ["succeeded"] * 3
    # The last, which somebody asked for, has what the last of the other told.
    assert done == [{}, {"of": 1}, {}, {"of": 3}, {"of": 3}]


def test_a_run_fails_where_nothing_was_told(done: list[Mapping[str, Any]]) -> None:
    _first, second = pair()
    run_now(id=str(second.pk))
    _other, third = pair(parameters={"of": "{{ result.size }}"})
    fire(_other, AT)
    work()

    ends = [(one.state, one.error_code) for one in (*runs(second), *runs(third))]
    assert ends == [("failed", "SCHEDULER_NOTHING_TOLD")] * 2
    assert "{{ result.size }}: " in runs(third)[0].error_message
    assert done == [{}]


def test_what_stands_for_a_value_is_let_through_and_no_more(done: list[Mapping[str, Any]]) -> None:
    _first, second = pair()

    for wrong in ({"of": "three"}, {"of": "{{ result. }}"}):
        with pytest.raises(TargetRefusedError, match=r"parameters\.of"):
            update_schedule(id=str(second.pk), parameters=wrong)
    with pytest.raises(TargetRefusedError, match=r"parameters\.of"):
        make(target_kind="chore", target="scheduler.count", parameters=second.parameters)


def test_a_mutation_takes_it_too() -> None:
    first, paused = make(name="first", target_kind="event"), make(name="paused")
    document = "mutation($id: ID!, $note: String) { pauseJobSchedule(input: {id: $id, note: $note})"
    second = make(
        name="second",
        kind="after",
        cron="",
        after_id=str(first.pk),
        target_kind="graphql",
        target="scheduler",
        document=document + " { jobSchedule { id note } error { code } } }",
        parameters={"id": str(paused.pk), "note": "after {{ result.event }}"},
    )
    fire(first, AT)
    work()

    (run,) = runs(second)
    paused.refresh_from_db()
    assert run.state == "succeeded", run.error_message
    assert paused.note == f"after {runs(first)[0].result['event']}"


class Standing(FlagSource):
    """A flag that is on for some schedules."""

    def __init__(self) -> None:
        self.on_for: set[str] = set()
        self.asked: list[tuple[str, Mapping[str, Any]]] = []

    def value(self, tenant_id: UUID, key: str, context: Mapping[str, Any], kind: str) -> Any:
        self.asked.append((key, context))
        return context["targetingKey"] in self.on_for


@pytest.fixture
def standing(monkeypatch: pytest.MonkeyPatch) -> Standing:
    found = Standing()
    monkeypatch.setattr(flags, "_source", found)
    return found


def test_a_run_is_left_out_while_its_flag_is_off(
    standing: Standing, done: list[Mapping[str, Any]]
) -> None:
    first, second = pair(flag="mails")
    first = update_schedule(id=str(first.pk), flag="exports", grace_seconds=60)
    standing.on_for = {str(first.pk)}
    fire(first, AT)
    work()
    (left,) = runs(second)

    standing.on_for = set()
    due_at(first, AT + HOUR)
    fire(first, AT + HOUR)
    work()
    off = runs(first)[-1]

    assert states(first) == ["succeeded", "skipped"]
    assert (left.state, left.error_code) == ("skipped", "SCHEDULER_FLAG_OFF")
    assert left.error_message == "the flag mails is not on"
    # What follows a run that was left out is not due, and nobody waits for that run.
    assert len(runs(second)) == 1
    assert JobRun.objects.get(pk=off.pk).late_at is None
    told = OutboxEvent.objects.filter(type=RunLate.TYPE)
    assert str(off.pk) not in told.values_list("subject", flat=True)
    assert done == [{}]
    key, seen = standing.asked[0]
    assert (key, seen["schedule"]) == ("exports", "first")


def test_a_schedule_behind_no_flag_asks_for_none(standing: Standing) -> None:
    fire(schedule := make(), AT)
    work()

    assert (states(schedule), standing.asked) == (["succeeded"], [])
