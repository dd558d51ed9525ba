"""Events in the back office: what waits and why, replayed or given up after a yes, on record."""

from dataclasses import replace

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from contracts.events import DeadLettersDiscarded, EventsReplayed
from contracts.files import FileDeleted
from contracts.staff import StaffActed
from kernel.errors import ConflictError
from kernel.events.models import OutboxEvent, Redelivery
from kernel.events.publishing import publish
from kernel.events.registry import GROUPS
from kernel.identity.models import Tenant
from kernel.testing.events import drain_events, published

LETTERS = "/admin/events/redelivery/"


@pytest.fixture
def staff(db: None) -> Client:
    """A browser with an administrator signed in."""
    browser = Client()
    browser.force_login(User.objects.create_superuser("root", password="secret"))
    return browser


@pytest.fixture
def letter(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> Redelivery:
    """A dead letter of the audit log's group."""

    def refuse(_event: object) -> None:
        raise ConflictError("told before, but otherwise")

    group = GROUPS["audit.trail"]
    broken = replace(group, handlers={**group.handlers, FileDeleted.TYPE: refuse})
    with monkeypatch.context() as patch:
        patch.setitem(GROUPS, "audit.trail", broken)
        publish(FileDeleted(file_id="f1", name="a.csv"))
        drain_events()
    return Redelivery.objects.get()


def act(staff: Client, letter: Redelivery, action: str, *, confirmed: str = "") -> str:
    """Take an action on a row, after the yes or before it, and return the page that follows."""
    form = {"action": action, "_selected_action": [str(letter.pk)], "confirmed": confirmed}
    return staff.post(LETTERS, form, follow=True).text


def test_a_dead_letter_shows_its_reason_and_what_came(staff: Client, letter: Redelivery) -> None:
    listed = staff.get(LETTERS).text
    detail = staff.get(f"{LETTERS}{letter.pk}/change/").text

    assert "CONFLICT: told before, but otherwise" in listed
    assert "files.file.deleted.v1" in listed
    assert "kernel.errors.ConflictError" in detail
    assert "&quot;file_id&quot;: &quot;f1&quot;" in detail
    assert "&quot;topic&quot;: &quot;files.file&quot;" in detail


def test_a_dead_letter_is_replayed_after_a_yes_alone(staff: Client, letter: Redelivery) -> None:
    question = act(staff, letter, "replay")
    letter.refresh_from_db()
    assert letter.state == "dead"

    said = act(staff, letter, "replay", confirmed="1")
    drain_events()

    assert "from their first attempt: 1 redelivery" in question
    assert "1 dead letters are handled again." in said
    letter.refresh_from_db()
    assert letter.state == "handled"
    told = [event for event in published() if isinstance(event, EventsReplayed | StaffActed)]
    assert told[0] == EventsReplayed(group="audit.trail", count=1)
    assert isinstance(told[1], StaffActed)
    assert (told[1].action, told[1].count) == ("replay", 1)
    by = OutboxEvent.objects.get(type=EventsReplayed.TYPE)
    assert (by.actor_type, by.actor_name) == ("user", "root")


def test_a_dead_letter_is_discarded_after_a_yes(staff: Client, letter: Redelivery) -> None:
    act(staff, letter, "discard", confirmed="1")

    letter.refresh_from_db()
    assert letter.state == "discarded"
    assert DeadLettersDiscarded(group="audit.trail", count=1) in published()


def test_what_waits_is_given_up_after_a_yes(staff: Client, letter: Redelivery) -> None:
    Redelivery.objects.update(state="waiting", error_code="", error_message="")
    assert "waits behind an earlier one" in staff.get(LETTERS).text

    act(staff, letter, "give_up", confirmed="1")

    letter.refresh_from_db()
    assert letter.state == "dead"


def test_who_may_only_look_replays_nothing(letter: Redelivery) -> None:
    clerk = User.objects.create_user("clerk", password="secret", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="view_redelivery"))
    browser = Client()
    browser.force_login(clerk)

    assert browser.get(LETTERS).status_code == 200
    act(browser, letter, "replay", confirmed="1")

    letter.refresh_from_db()
    assert letter.state == "dead"


def test_a_group_shows_how_far_it_is_behind(staff: Client, letter: Redelivery) -> None:
    publish(FileDeleted(file_id="f2", name="b.csv"))

    page = staff.get("/admin/events/consumergroup/").text

    assert "audit.trail" in page
    assert "not ordered" in page


def test_nothing_about_events_is_made_or_deleted_by_hand(staff: Client, letter: Redelivery) -> None:
    for path in ("outboxevent", "redelivery", "consumergroup"):
        assert staff.get(f"/admin/events/{path}/add/").status_code == 403
    assert staff.post(f"{LETTERS}{letter.pk}/delete/", {"post": "yes"}).status_code == 403

    assert Redelivery.objects.count() == 1
