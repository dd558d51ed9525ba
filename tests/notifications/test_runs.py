"""Workflows from what is told to what somebody gets: each step, and what comes of it once."""

from datetime import timedelta
from typing import Any

import pytest

from apps.notifications.models import Digest, Notification, Run, Trigger
from apps.notifications.services.fanning_out import fan_out
from apps.notifications.services.inbox import mark
from apps.notifications.services.running import advance
from apps.notifications.services.sending import make_message
from apps.notifications.services.triggering import cancel_trigger, trigger, trigger_many
from apps.notifications.services.workflows import create_workflow, update_workflow
from kernel import clock
from kernel.errors import ConflictError, InvalidInputError, LimitExceededError, NotFoundError
from kernel.identity.models import Tenant
from kernel.jobs.models import Job
from kernel.tenancy.context import in_tenant
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_tenant
from tests.notifications.people import StandingClock, made, person, send, workflow

pytestmark = pytest.mark.usefixtures("tenant", "moved")

DATA = {"name": "X"}
ADA_BY_MAIL = ("ada@example.com", "email", "sent", "")
ADA_IN_APP = ("ada", "in_app", "sent", "")


def tell(*people: str, data: dict[str, Any] | None = None, **told: Any) -> Trigger:
    found = trigger(workflow="w", subscribers=people, data=data or DATA, **told)
    drain()
    return found


def states() -> list[str]:
    return list(Run.objects.order_by("pk").values_list("state", flat=True))


def test_each_is_told_once_over_each_channel() -> None:
    person()
    person("bob", topics=["all"])
    workflow(send("in_app"), send("email"))

    found = trigger(workflow="w", subscribers=["ada", "bob", "eve"], topics=["all"], data=DATA)
    drain()

    assert sorted(made()) == sorted(
        [
            ADA_IN_APP,
            ADA_BY_MAIL,
            ("bob", "in_app", "sent", ""),
            ("bob@example.com", "email", "sent", ""),
        ]
    )
    found.refresh_from_db()
    assert (found.state, found.unknown) == ("started", ["eve"])
    assert set(Notification.objects.values_list("subject", "body")) == {("About X", "1 of X")}


def test_the_same_key_is_the_same_trigger() -> None:
    person()
    workflow(send("in_app"))

    first, second = tell("ada", key="k"), tell("ada", key="k")

    assert first.pk == second.pk
    assert made() == [ADA_IN_APP]


def test_a_job_that_runs_again_tells_nobody_twice() -> None:
    person()
    workflow(send("in_app"))
    found = tell("ada")

    fan_out(found.pk, "")
    [run] = Run.objects.all()
    advance(run.pk, 0)
    drain()

    assert made() == [ADA_IN_APP]


def test_more_people_than_a_job_takes_are_told_by_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.notifications.services.fanning_out.AT_ONCE", 2)
    for number in range(5):
        person(f"p{number}", topics=["all"])
    workflow(send("in_app"))

    trigger(workflow="w", topics=["all"], data=DATA)
    drain()

    assert [one[0] for one in sorted(made())] == [f"p{number}" for number in range(5)]


def test_what_is_for_later_waits_and_what_is_too_late_is_not_told(moved: StandingClock) -> None:
    person()
    workflow(send("in_app"))
    hour, two = moved.now.replace(hour=13), moved.now.replace(hour=14)
    tell("ada", not_before=hour)
    late = tell("ada", not_before=two, expires_at=hour)

    assert made() == []
    moved.by(hours=1)
    drain()
    assert made() == [ADA_IN_APP]
    moved.by(hours=1)
    drain()
    late.refresh_from_db()
    assert (made(), late.state) == ([ADA_IN_APP], "expired")


def test_who_has_read_it_is_not_told_once_more(moved: StandingClock) -> None:
    ada, _ = person(), person("bob")
    wait, unread = {"do": "delay", "for": "1h"}, {"do": "condition", "when": "not read"}
    workflow(send("in_app"), wait, unread, send("email"))
    tell("ada", "bob")
    mark(ada.pk, "read", None)

    moved.by(minutes=59)
    drain()
    assert len(made()) == 2
    moved.by(minutes=1)
    drain()

    assert made()[2:] == [("bob@example.com", "email", "sent", "")]
    assert states() == ["done", "done"]


def test_a_branch_goes_one_way() -> None:
    person()
    when = "data.amount > 5"
    branch = {"do": "branch", "when": when, "then": [send("email")], "else": [send("in_app")]}
    workflow(branch)

    tell("ada", data={"name": "X", "amount": 6})
    tell("ada", data={"name": "X", "amount": 5})

    assert made() == [ADA_BY_MAIL, ADA_IN_APP]


def test_what_comes_within_a_time_is_told_together(moved: StandingClock) -> None:
    person()
    workflow({"do": "digest", "for": "10m", "by": "data.name"}, send("in_app"))
    for name in "XXY":
        tell("ada", data={"name": name})
        moved.by(minutes=1)

    assert made() == []
    moved.by(minutes=10)
    drain()
    assert sorted(Notification.objects.values_list("body", flat=True)) == ["1 of Y", "2 of X"]

    tell("ada")
    moved.by(minutes=10)
    drain()
    assert Notification.objects.count() == 3
    assert sorted(states()) == ["digested", "done", "done", "done"]
    assert not Digest.objects.filter(open=True).exists()


@pytest.mark.parametrize("how", ["cancelled", "expired"])
def test_a_digest_outlives_who_opened_it(moved: StandingClock, how: str) -> None:
    person()
    workflow({"do": "digest", "for": "10m"}, send("in_app"))
    late = moved.now + timedelta(minutes=5)
    first = tell("ada", expires_at=late if how == "expired" else None)
    second, _ = tell("ada"), tell("ada")

    if how == "cancelled":
        cancel_trigger(id=str(second.pk))
        cancel_trigger(id=str(first.pk))
    moved.by(minutes=9)
    drain()
    # Whoever brings it does so when it closes, and no sooner.
    assert made() == []
    moved.by(minutes=1)
    drain()

    told_of = 1 if how == "cancelled" else 2
    assert list(Notification.objects.values_list("body", flat=True)) == [f"{told_of} of X"]
    assert Run.objects.get(trigger=first).state == how
    assert not Digest.objects.filter(open=True).exists()
    tell("ada")
    moved.by(minutes=10)
    drain()
    assert Notification.objects.count() == 2


def test_a_digest_that_all_have_left_closes_empty(moved: StandingClock) -> None:
    person()
    workflow({"do": "digest", "for": "10m"}, send("in_app"))
    found = tell("ada")

    cancel_trigger(id=str(found.pk))
    moved.by(minutes=10)
    drain()

    assert (made(), Digest.objects.get().open) == ([], False)


def test_a_run_that_breaks_does_not_keep_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    for key in ("ada", "bob"):
        person(key, topics=["all"])
    workflow(send("in_app"))

    def broken(run: Run, *rest: Any) -> str:
        if run.subscriber.key == "ada":
            raise RuntimeError("a fault of ours")
        return make_message(run, *rest)

    with monkeypatch.context() as faulty:
        faulty.setattr("apps.notifications.services.running.make_message", broken)
        tell(topics=["all"])
    assert [one[0] for one in made()] == ["bob"]

    retried = Job.objects.filter(name="notifications.advance").update(run_at=clock.now())
    drain()
    assert (retried, sorted(one[0] for one in made())) == (1, ["ada", "bob"])


def test_too_much_within_a_time_is_left_out(moved: StandingClock) -> None:
    person()
    workflow({"do": "throttle", "most": 2, "per": "1h"}, send("in_app"))

    for _ in range(3):
        tell("ada")
    assert len(made()) == 2

    moved.by(hours=1)
    tell("ada")
    assert len(made()) == 3


def test_who_has_begun_goes_on_by_the_former_steps(moved: StandingClock) -> None:
    person()
    made_one = workflow({"do": "delay", "for": "1h"}, send("in_app"))
    tell("ada")

    update_workflow(id=str(made_one.pk), steps=[send("email")])
    tell("ada")
    moved.by(hours=1)
    drain()

    assert made() == [ADA_BY_MAIL, ADA_IN_APP]


def test_nothing_more_comes_of_what_was_cancelled(moved: StandingClock) -> None:
    person()
    workflow({"do": "delay", "for": "1h"}, send("in_app"))
    found = tell("ada")

    for _ in range(2):
        assert cancel_trigger(id=str(found.pk)).state == "cancelled"
    moved.by(hours=1)
    drain()

    assert (made(), states()) == ([], ["cancelled"])


def test_a_step_that_asks_for_what_is_not_there_ends_its_run_alone() -> None:
    person()
    person("bob")
    workflow({"do": "condition", "when": "data.amount > 5 or data.name == 'X'"}, send("in_app"))

    tell("ada")
    tell("bob", data={"name": "X", "amount": 6})

    assert [one[0] for one in made()] == ["bob"]
    run = Run.objects.get(subscriber__key="ada")
    assert (run.state, run.reason) == ("failed", "steps[0]: there is no `amount`")


def test_a_text_that_cannot_be_filled_fails_and_the_next_step_goes_on() -> None:
    person()
    workflow(send("in_app"), send("email"))

    tell("ada", data={"nam": "X"})

    assert {one[2:] for one in made()} == {("failed", "NOTIFICATIONS_RENDERING_FAILED")}
    assert states() == ["done"]


@pytest.mark.parametrize(
    ("told", "error"),
    [
        ({"workflow": "nowhere", "topics": ["a"]}, NotFoundError),
        ({"workflow": "off", "topics": ["a"]}, ConflictError),
        ({"workflow": "w"}, InvalidInputError),
        ({"workflow": "w", "topics": ["a"], "priority": 11}, InvalidInputError),
        ({"workflow": "w", "topics": ["a"], "data": {"a": "\0"}}, InvalidInputError),
        ({"workflow": "w", "topics": ["a"], "data": {"a": "x" * 65_000}}, LimitExceededError),
        ({"workflow": "w", "topics": ["a"] * 21}, LimitExceededError),
    ],
)
def test_what_cannot_be_begun_is_refused(told: Any, error: type[Exception]) -> None:
    workflow(send("in_app"))
    create_workflow(name="off", steps=[send("in_app")], enabled=False)

    with pytest.raises(error):
        trigger(**told)
    good, bad = trigger_many(triggers=[{"workflow": "w", "topics": ["a"]}, told])

    assert (type(good), type(bad)) == (Trigger, error)
    assert Trigger.objects.count() == 1


def test_people_of_other_tenants_are_not_told(tenant: Tenant) -> None:
    with in_tenant(make_tenant().pk):
        person(topics=["all"])
    workflow(send("in_app"))

    found = trigger(workflow="w", subscribers=["ada"], topics=["all"], data=DATA)
    drain()

    found.refresh_from_db()
    assert (made(), found.unknown) == ([], ["ada"])
