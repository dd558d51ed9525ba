"""Everybody in topics is told by one step: each once, in their language, unless they want none."""

from uuid import RFC_4122

import pytest

from apps.notifications.errors import WorkflowRefusedError
from apps.notifications.models import FanOut, Notification, Run
from apps.notifications.services import topics
from apps.notifications.services.subscribers import create_subscriber
from apps.notifications.services.templates import create_template
from apps.notifications.services.triggering import cancel_trigger, trigger
from apps.notifications.services.workflows import create_workflow
from contracts.notifications import TriggerFannedOut
from kernel.faults import fault_point
from kernel.identity.models import Tenant
from kernel.testing.events import told
from kernel.testing.jobs import drain
from tests.notifications.people import StandingClock, person

TEXTS = {
    "in_app": {
        "en": {"subject": "News of {{ data.name }}", "body": "For you"},
        "de": {"subject": "Neues von {{ data.title }}", "body": "Für dich"},
    }
}


@pytest.fixture(autouse=True)
def _workflow(tenant: Tenant, moved: StandingClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topics, "AT_ONCE", 2)
    person("author")
    create_template(name="news", texts=TEXTS)
    step = {"do": "fan_out", "topics": ["a", "b"], "template": "news"}
    create_workflow(name="w", category="news", steps=[step])


def begin(**data: str) -> str:
    found = trigger(workflow="w", subscribers=["author"], data={"name": "X", **data})
    drain()
    return str(found.pk)


def inboxes() -> list[tuple[str, str, str]]:
    rows = Notification.objects.order_by("recipient")
    return [(one.recipient, one.subject, one.state) for one in rows]


def test_everybody_is_told_once_and_in_their_language() -> None:
    for number in range(5):
        create_subscriber(key=f"p{number}", topics=["a", "b"] if number % 2 else ["b"])
    create_subscriber(key="eva", topics=["a"], locale="de-AT")
    create_subscriber(key="other", topics=["c"])
    create_subscriber(key="zoe", topics=["a"], preferences={"news": {"in_app": False}})

    id_ = begin(title="Y")

    assert inboxes() == [
        ("eva", "Neues von Y", "sent"),
        *((f"p{number}", "News of X", "sent") for number in range(5)),
    ]
    ids = [one.pk for one in Notification.objects.all()]
    assert {(one.version, one.variant) for one in ids} == {(7, RFC_4122)}
    assert len(set(ids)) == 6
    assert told(TriggerFannedOut)[0].count == 6
    assert told(TriggerFannedOut)[0].trigger_id == id_


def test_a_text_that_cannot_be_filled_keeps_nobody_from_another() -> None:
    create_subscriber(key="ada", topics=["a"])
    create_subscriber(key="eva", topics=["a"], locale="de")

    begin()

    assert inboxes() == [("ada", "News of X", "sent")]
    assert Run.objects.get().reason_code == "NOTIFICATIONS_RENDERING_FAILED"


def test_what_is_cancelled_on_its_way_tells_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        create_subscriber(key=f"p{number}", topics=["a"])
    seen: list[int] = []

    def stop(_point: str) -> None:
        seen.append(Notification.objects.count())
        raise RuntimeError("killed")

    monkeypatch.setattr(topics, "fault_point", stop)
    id_ = begin()
    assert (seen, Notification.objects.count()) == ([2], 2)
    monkeypatch.setattr(topics, "fault_point", fault_point)
    cancel_trigger(id=id_)
    topics.tell_topics(FanOut.objects.get().pk)

    assert Notification.objects.count() == 2


def test_who_is_killed_goes_on_behind_those_who_are_told(
    monkeypatch: pytest.MonkeyPatch, moved: StandingClock
) -> None:
    for number in range(7):
        create_subscriber(key=f"p{number}", topics=["a"])
    kills = iter([True, False, True, *[False] * 9])

    def maybe(_point: str) -> None:
        if next(kills):
            raise RuntimeError("killed")

    monkeypatch.setattr(topics, "fault_point", maybe)
    begin()
    for _ in range(3):
        moved.by(minutes=5)
        drain()

    assert [recipient for recipient, *_ in inboxes()] == [f"p{number}" for number in range(7)]
    assert told(TriggerFannedOut)[0].count == 7


@pytest.mark.parametrize("wrong", [[], "a", [""], ["a"] * 21, [1]])
def test_topics_are_named(wrong: object) -> None:
    step = {"do": "fan_out", "topics": wrong, "template": "news"}

    with pytest.raises(WorkflowRefusedError, match=r"steps\[0\].topics"):
        create_workflow(name="v", steps=[step])
