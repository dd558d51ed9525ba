"""Events in the back office: what waits and why, replayed or given up after a yes, on record."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from contracts.events import (
    DeadLettersDiscarded,
    EventsReplayed,
    GroupPaused,
    GroupResumed,
    OffsetsReset,
)
from contracts.files import FileDeleted
from contracts.staff import StaffActed
from kernel import clock
from kernel.errors import ConflictError
from kernel.events.models import ConsumerGroup, OutboxEvent, Redelivery, Replay
from kernel.events.publishing import publish
from kernel.events.registry import GROUPS
from kernel.events.replay import discard_dead
from kernel.events.replay_job import start
from kernel.identity.models import Tenant
from kernel.observability.context import request_ids
from kernel.testing.events import drain_events, published
from kernel.testing.jobs import drain

LETTERS = "/admin/events/redelivery/"
REPLAYS = "/admin/events/replay/"
GROUP_LIST = "/admin/events/consumergroup/"
GROUP = f"{GROUP_LIST}audit.trail/"


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
    assert "1 dead letter handled again." in said
    letter.refresh_from_db()
    assert letter.state == "handled"
    told = [event for event in published() if isinstance(event, EventsReplayed | StaffActed)]
    assert told[0] == EventsReplayed(group="audit.trail", count=1)
    assert isinstance(told[1], StaffActed)
    assert (told[1].action, told[1].count) == ("replay", 1)
    by = OutboxEvent.objects.get(type=EventsReplayed.TYPE).envelope().actor
    assert (by.type, by.name) == ("user", "root")


def test_a_dead_letter_is_discarded_after_a_yes(staff: Client, letter: Redelivery) -> None:
    act(staff, letter, "discard", confirmed="1")

    letter.refresh_from_db()
    assert letter.state == "discarded"
    assert DeadLettersDiscarded(group="audit.trail", count=1) in published()


def test_what_waits_is_given_up_after_a_yes(staff: Client, letter: Redelivery) -> None:
    Redelivery.objects.update(state="waiting", error_code="", error_message="")
    assert "waits for its turn" in staff.get(LETTERS).text

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


def test_dead_letters_are_counted_by_reason_and_found_by_it(
    staff: Client, letter: Redelivery
) -> None:
    listed = staff.get(LETTERS).text
    found = staff.get(f"{LETTERS}?group=audit.trail&reason=CONFLICT&type={letter.type}").text
    others = staff.get(f"{LETTERS}?reason=NOT_FOUND").text

    assert "Dead letters by reason" in listed
    assert f"replay/?group=audit.trail&amp;reason=CONFLICT&amp;type={letter.type}" in listed
    assert f"{LETTERS}{letter.pk}/change/" in found
    assert f"{LETTERS}{letter.pk}/change/" not in others


def test_what_is_settled_is_shown_only_when_it_is_asked_for(
    staff: Client, letter: Redelivery
) -> None:
    discard_dead(Redelivery.objects.all())

    assert f"{LETTERS}{letter.pk}/change/" not in staff.get(LETTERS).text
    assert "There are none: every group has handled" in staff.get(LETTERS).text
    assert f"{LETTERS}{letter.pk}/change/" in staff.get(f"{LETTERS}?state=discarded").text
    assert f"{LETTERS}{letter.pk}/change/" in staff.get(f"{LETTERS}?state=all").text


def test_all_of_one_reason_are_replayed_after_a_yes(staff: Client, letter: Redelivery) -> None:
    address = f"{LETTERS}replay/?group=audit.trail&reason=CONFLICT&type={letter.type}"
    form = {"group": "audit.trail", "reason": "CONFLICT", "type": letter.type}

    question = staff.get(address).text
    assert "Give 1 event to audit.trail once more?" in question
    for name, value in form.items():
        assert f'name="{name}" value="{value}"' in question
    assert not Replay.objects.exists()

    staff.post(f"{LETTERS}replay/", form | {"confirmed": "yes"})
    drain()
    drain_events()

    letter.refresh_from_db()
    assert letter.state == "handled"
    assert Replay.objects.get().state == "done"


def test_the_page_of_a_dead_letter_says_what_to_do_and_lets_it(
    staff: Client, letter: Redelivery
) -> None:
    page = f"{LETTERS}{letter.pk}/"
    assert "Put right what the reason says, then replay" in staff.get(f"{page}change/").text

    assert "Discard this event?" in staff.get(f"{page}discard/").text
    letter.refresh_from_db()
    assert letter.state == "dead"
    staff.post(f"{page}discard/", {"confirmed": "yes"})

    letter.refresh_from_db()
    assert letter.state == "discarded"
    said = staff.post(f"{page}replay/", {"confirmed": "yes"}, follow=True).text
    assert "it is no dead letter, it is discarded" in said


def test_the_list_of_groups_shows_each_with_its_lag(staff: Client, letter: Redelivery) -> None:
    publish(FileDeleted(file_id="f2", name="b.csv"))

    page = staff.get(GROUP_LIST).text

    for name in GROUPS:
        assert f">{name}<" in page
    assert "1 event" in page
    assert "up to date" in page
    assert f'{LETTERS}?state=dead&amp;group=audit.trail">1</a>' in page


def test_the_page_of_a_group_says_how_it_is_doing(staff: Client, letter: Redelivery) -> None:
    page = staff.get(f"{GROUP}change/").text

    assert "Record the event, once however often it is told." in page
    assert "files.file.deleted.v1" in page
    assert "apps.audit.consumers.record_what_happened" in page
    assert "reason=CONFLICT" in page
    assert "kept for each key" not in page


def test_a_group_is_paused_and_resumed_after_a_yes(staff: Client, tenant: Tenant) -> None:
    assert "Pause audit.trail?" in staff.get(f"{GROUP}pause/").text
    assert not ConsumerGroup.objects.filter(paused=True).exists()

    staff.post(f"{GROUP}pause/", {"confirmed": "yes"})
    page = staff.get(f"{GROUP}change/").text
    assert "by root" in page
    assert (f"{GROUP}resume/" in page, f"{GROUP}pause/" in page) == (True, False)
    assert ConsumerGroup.objects.get(paused=True).name == "audit.trail"
    staff.post(f"{GROUP}resume/", {"confirmed": "yes"})

    assert not ConsumerGroup.objects.filter(paused=True).exists()
    told = [one for one in published() if isinstance(one, GroupPaused | GroupResumed)]
    assert told == [GroupPaused(group="audit.trail"), GroupResumed(group="audit.trail")]


def test_a_group_is_moved_after_what_comes_of_it_was_said(staff: Client, tenant: Tenant) -> None:
    publish(FileDeleted(file_id="f1", name="a.csv"))
    drain_events()
    form = {"to": "beginning"}
    refused = staff.post(f"{GROUP}reset/", form | {"confirmed": "yes"}, follow=True).text
    assert "pause it first" in refused
    staff.post(f"{GROUP}pause/", {"confirmed": "yes"})

    question = staff.post(f"{GROUP}reset/", form).text
    assert "1 event will be brought to it once more" in question
    assert not any(isinstance(one, OffsetsReset) for one in published())
    staff.post(f"{GROUP}reset/", form | {"confirmed": "yes"})

    assert ConsumerGroup.objects.get(pk="audit.trail").committed_offset == 0
    assert OffsetsReset(group="audit.trail", place="beginning", again=1, left_out=0) in published()


def test_events_of_a_time_are_replayed_after_their_number_was_said(
    staff: Client, tenant: Tenant
) -> None:
    publish(FileDeleted(file_id="f1", name="a.csv"))
    drain_events()
    since = clock.now() - timedelta(hours=1)
    until = clock.now() + timedelta(hours=1)
    form = {"since": f"{since:%Y-%m-%dT%H:%M:%S}", "until": f"{until:%Y-%m-%dT%H:%M:%S}"}

    assert "From (UTC)" in staff.get(f"{GROUP}replay/").text
    assert "Say from when" in staff.post(f"{GROUP}replay/", {}).text
    assert "There is none to give." in staff.post(f"{GROUP}replay/", form).text
    question = staff.post(f"{GROUP}replay/", form | {"again": "on"}).text
    assert "Give 1 event to audit.trail once more?" in question
    assert 'name="again" value="on"' in question
    assert not Replay.objects.exists()
    staff.post(f"{GROUP}replay/", form | {"again": "on", "confirmed": "yes"})

    replay = Replay.objects.get()
    assert (replay.total, replay.again, replay.actor_name) == (1, True, "root")
    assert "0 of 1" in staff.get(REPLAYS).text
    assert staff.get(f"{REPLAYS}{replay.pk}/change/").status_code == 200


def test_a_replay_is_cancelled_after_a_yes(staff: Client, letter: Redelivery) -> None:
    replay = start(Replay(group="audit.trail", dead=True))
    form = {"action": "cancel", "_selected_action": [str(replay.pk)]}

    staff.post(REPLAYS, form)
    replay.refresh_from_db()
    assert replay.state == "waiting"
    staff.post(REPLAYS, form | {"confirmed": "1"})
    drain()

    replay.refresh_from_db()
    letter.refresh_from_db()
    assert (replay.state, letter.state) == ("cancelled", "dead")


def test_who_may_only_look_does_nothing_to_a_group(tenant: Tenant) -> None:
    clerk = User.objects.create_user("clerk", password="secret", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="view_consumergroup"))
    browser = Client()
    browser.force_login(clerk)

    assert browser.get(GROUP_LIST).status_code == 200
    for verb in ("pause", "resume", "reset", "replay"):
        assert browser.post(f"{GROUP}{verb}/", {"confirmed": "yes"}).status_code == 403
    assert browser.get(f"{LETTERS}replay/?group=audit.trail").status_code == 403

    assert not ConsumerGroup.objects.filter(paused=True).exists()
    assert not Replay.objects.exists()


def test_an_event_leads_to_its_trace(staff: Client, tenant: Tenant) -> None:
    trace = "5c" * 16
    with request_ids("", f"00-{trace}-00f067aa0ba902b7-00"):
        publish(FileDeleted(file_id="f1", name="a.csv"))
    event = OutboxEvent.objects.get(type=FileDeleted.TYPE)

    page = staff.get(f"/admin/events/outboxevent/{event.pk}/change/").text

    assert f'href="/admin/inspector/?id={trace}"' in page


def test_nothing_about_events_is_made_or_deleted_by_hand(staff: Client, letter: Redelivery) -> None:
    for path in ("outboxevent", "redelivery", "consumergroup", "replay"):
        assert staff.get(f"/admin/events/{path}/add/").status_code == 403
    assert staff.post(f"{LETTERS}{letter.pk}/delete/", {"post": "yes"}).status_code == 403

    assert Redelivery.objects.count() == 1
