"""Flags in the back office: the matrix, the editor and what its scripts ask, who may do what."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.config.models import ChangeRequest, Environment, FeatureFlag, FlagVersion, RequestState
from apps.config.services.changes import Change
from apps.config.services.environments import create_environment, update_environment
from apps.config.services.flags import archive_flag, create_flag
from apps.config.services.killing import kill_flag
from apps.config.services.publishing import publish
from apps.config.services.requests import Proposal, create_request, submit_request
from apps.config.services.rollouts import start_rollout
from apps.config.services.snapshots import snapshots
from kernel.identity.models import Tenant
from kernel.tenancy.context import in_tenant
from kernel.testing.tenants import make_tenant
from tests.config.definitions import boolean, live, put

LIST = "/admin/config/featureflag/"


def browser_of(*permissions: str) -> Client:
    """Return a browser of somebody of the staff who may do these things and nothing else."""
    user = User.objects.create_user(f"staff-{User.objects.count()}", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    browser = Client()
    browser.force_login(user)
    return browser


@pytest.fixture
def staff(db: None) -> Client:
    """A browser with an administrator signed in."""
    browser = Client()
    browser.force_login(User.objects.create_superuser("root", password="secret"))
    return browser


@pytest.fixture
def flag(tenant: Tenant) -> FeatureFlag:
    """A flag that is off in production."""
    create_environment(key="production", name="Production")
    return live("dark-mode")


def at(flag: FeatureFlag, part: str = "", environment: str = "production") -> str:
    return f"{LIST}{flag.pk}/in/{environment}/{part}"


def send(browser: Client, path: str, **sent: Any) -> Any:
    response = browser.post(path, json.dumps(sent), content_type="application/json")
    return response.status_code, response.json() if "json" in response["Content-Type"] else None


def test_the_list_tells_what_each_flag_does_where(staff: Client, flag: FeatureFlag) -> None:
    create_environment(key="staging", name="Staging")
    split = {"if": [True, "on", {"fractional": [["on", 30], ["off", 70]]}]}
    put(flag, boolean(targeting=split), environment="staging")
    killed = live("killed")
    kill_flag(id=str(killed.pk), environment="production")
    waiting = live("rolled-out")
    start_rollout(flag_id=str(waiting.pk), variant="on", steps=[(25, 60), (100, 60)])

    page = staff.get(LIST).text

    for told in ("1 rule, then 30 % on", "killed", "rollout 25 %", at(flag), "not in staging"):
        assert told in page


@pytest.mark.parametrize(
    ("standing", "shown"),
    [("killed", "is-killed"), ("nowhere", "is-nowhere"), ("archived", "is-archived")],
)
def test_flags_are_found_by_how_they_stand(
    staff: Client, flag: FeatureFlag, standing: str, shown: str
) -> None:
    kill_flag(id=str(live("is-killed").pk))
    create_flag(key="is-nowhere")
    archive_flag(id=str(live("is-archived").pk))

    page = staff.get(LIST, {"standing": standing}).text

    found = {key for key in ("is-killed", "is-nowhere", "is-archived", flag.key) if key in page}
    # An archived flag is in no environment either.
    assert found == {shown} | ({"is-archived"} if standing == "nowhere" else set())


def test_a_list_of_many_flags_asks_as_little_as_one_of_few(
    staff: Client, flag: FeatureFlag
) -> None:
    staff.get(LIST)
    with CaptureQueriesContext(connection) as few:
        staff.get(LIST)
    for number in range(10):
        live(f"flag-{number}")
    with CaptureQueriesContext(connection) as many:
        staff.get(LIST)

    assert len(many) == len(few)


def test_the_editor_holds_the_definition_to_the_character(staff: Client, flag: FeatureFlag) -> None:
    written = '{"state": "ENABLED", "variants": {"few": 1.0, "many": 2e1}, "defaultVariant": "few"}'
    number = live("limit", written)

    page = staff.get(at(number)).text

    assert written.replace('"', "&quot;") in page
    assert "Publish now" in page


def test_a_draft_is_judged_with_the_place_of_what_is_wrong(
    staff: Client, flag: FeatureFlag
) -> None:
    draft = boolean(targeting={"if": [{"septet.segment": "nobody"}, "on"]})

    status, answer = send(staff, at(flag, "validate/"), definition=draft)

    assert status == 200
    [found] = answer["findings"]
    assert found["place"] == "/targeting/if/0/septet.segment"
    assert found["here"]
    assert found["severity"] == "error"


def test_a_draft_is_tried_and_explained_and_nothing_is_published(
    staff: Client, flag: FeatureFlag
) -> None:
    draft = '{"state": "ENABLED", "variants": {"a": 1.0, "b": 2}, "defaultVariant": "b",'
    draft += ' "targeting": {"if": [{"==": [{"var": "plan"}, "gold"]}, "a"]}}'
    contexts = '[{"targetingKey": "ann", "plan": "gold"}, {"targetingKey": "bob"}]'

    status, answer = send(staff, at(flag, "try/"), definition=draft, contexts=contexts)

    assert status == 200
    gold, other = answer["answers"]
    assert (gold["value"], gold["variant"], gold["reason"]) == ("1.0", "a", "TARGETING_MATCH")
    assert (other["value"], other["variant"], other["reason"]) == ("2", "b", "DEFAULT")
    assert {"place": "/targeting/if/0/==", "operator": "==", "result": "true", "detail": None} in (
        gold["steps"]
    )
    assert FlagVersion.objects.count() == 1


def test_a_draft_is_published_under_the_name_of_who_did_it(
    staff: Client, flag: FeatureFlag
) -> None:
    status, answer = send(
        staff, at(flag, "publish/"), definition=boolean("on"), base=1, reason="All like it"
    )

    assert (status, answer) == (200, {"go": at(flag)})
    version = FlagVersion.objects.get(number=2)
    assert (version.reason, version.author_name, version.author_type) == (
        *("All like it", "root", "user"),
    )
    assert snapshots.get(flag.tenant_id).flags.evaluate("dark-mode").value is True


def test_who_was_slower_is_told_what_changed_and_given_both_in_one(
    staff: Client, flag: FeatureFlag
) -> None:
    put(flag, boolean(metadata={"team": "web"}), reason="Theirs")

    status, answer = send(staff, at(flag, "publish/"), definition=boolean("on"), base=1)

    assert status == 200
    assert answer["number"] == 2
    assert answer["reason"] == "Theirs"
    assert [one["place"] for one in answer["differences"]] == ["/metadata"]
    assert answer["conflicts"] == []
    merged = json.loads(answer["merged"])
    assert (merged["defaultVariant"], merged["metadata"]) == ("on", {"team": "web"})
    assert FlagVersion.objects.count() == 2


def test_both_at_the_same_place_is_named(staff: Client, flag: FeatureFlag) -> None:
    put(flag, boolean(metadata={"team": "web"}))

    _, answer = send(
        staff, at(flag, "publish/"), definition=boolean(metadata={"team": "app"}), base=1
    )

    assert answer["conflicts"] == ["/metadata/team"]
    assert json.loads(answer["merged"])["metadata"] == {"team": "web"}


def test_what_is_wrong_is_refused_with_its_place(staff: Client, flag: FeatureFlag) -> None:
    status, answer = send(staff, at(flag, "publish/"), definition=boolean("maybe"), base=1)

    assert status == 400
    assert answer["error"]["code"] == "CONFIG_DEFINITION_REFUSED"
    assert [one["place"] for one in answer["error"]["findings"]] == ["/defaultVariant"]
    assert FlagVersion.objects.count() == 1


@pytest.mark.parametrize(
    "body", ["", "[]", "{", '{"definition": 5}', '{"definition": "{}"}', '{"definition": "[["}']
)
@pytest.mark.parametrize("part", ["validate", "try", "publish", "propose"])
def test_what_is_no_question_is_an_error_and_never_a_crash(
    staff: Client, flag: FeatureFlag, part: str, body: str
) -> None:
    response = staff.post(at(flag, f"{part}/"), body, content_type="application/json")

    assert response.status_code in ({200, 400} if part == "validate" else {400})
    assert FlagVersion.objects.count() == 1
    assert not ChangeRequest.objects.exists()


def test_where_approvals_are_asked_for_a_change_is_proposed(
    staff: Client, flag: FeatureFlag
) -> None:
    update_environment(id=str(Environment.objects.get().pk), approvals_required=1)

    refused, _ = send(staff, at(flag, "publish/"), definition=boolean("on"), base=1)
    status, answer = send(
        staff, at(flag, "propose/"), definition=boolean("on"), base=1, reason="Now", submit=True
    )

    assert (refused, status) == (409, 200)
    request = ChangeRequest.objects.get()
    assert answer == {"go": f"/admin/config/changerequest/{request.pk}/change/"}
    assert (request.title, request.state, request.author_name) == ("Now", "in_review", "root")
    page = staff.get(answer["go"]).text
    assert "0 of 1" in page
    assert "made from version 1" in page
    # Nobody approves of what is their own.
    assert "/approve/" not in page
    own = staff.post(f"/admin/config/changerequest/{request.pk}/approve/", {"confirmed": "yes"})
    assert own.status_code == 200
    request.refresh_from_db()
    assert request.state == RequestState.IN_REVIEW
    other = browser_of("view_changerequest", "change_changerequest", "add_review")
    path = f"/admin/config/changerequest/{request.pk}"
    assert f"{path}/approve/" in other.get(f"{path}/change/").text
    asked = other.post(f"{path}/approve/", {"comment": "fine"}).text
    assert "Approve" in asked
    other.post(f"{path}/approve/", {"comment": "fine", "confirmed": "yes"})
    other.post(f"{path}/apply/", {"confirmed": "yes"})
    request.refresh_from_db()
    assert request.state == RequestState.APPLIED
    assert snapshots.get(flag.tenant_id).flags.evaluate("dark-mode").value is True


def test_a_change_is_scheduled_with_its_zone(staff: Client, flag: FeatureFlag) -> None:
    told = {"definition": boolean("on"), "base": 1, "submit": True}

    without, _ = send(staff, at(flag, "propose/"), **told, applyAt="2099-01-01T10:00")
    past, _ = send(staff, at(flag, "propose/"), **told, applyAt="2001-01-01T10:00Z")
    status, _ = send(staff, at(flag, "propose/"), **told, applyAt="2099-01-01T10:00:00.000Z")

    assert (without, past, status) == (400, 400, 200)
    [request] = ChangeRequest.objects.all()
    assert request.state == RequestState.SCHEDULED
    assert "scheduled" in staff.get(LIST).text


def test_a_flag_is_killed_and_restored_only_after_a_yes(staff: Client, flag: FeatureFlag) -> None:
    put(flag, boolean("on"))

    def value() -> Any:
        return snapshots.get(flag.tenant_id).flags.evaluate("dark-mode").value

    question = staff.post(at(flag, "kill/"), {"reason": "Errors"}).text
    before = value()
    staff.post(at(flag, "kill/"), {"reason": "Errors", "confirmed": "yes"})
    killed = value()
    told = staff.get(at(flag)).text
    staff.post(at(flag, "restore/"), {"reason": "", "confirmed": "yes"})

    assert "gets its own default" in question
    assert "by root" in told
    assert (before, killed, value()) == (True, None, True)


def test_history_shows_what_changed_and_leads_back(staff: Client, flag: FeatureFlag) -> None:
    put(flag, boolean("on"), reason="Ready")

    page = staff.get(at(flag, "history/")).text
    question = staff.post(at(flag, "history/1/roll-back/"), {"reason": "Not ready"}).text
    staff.post(at(flag, "history/1/roll-back/"), {"reason": "Not ready", "confirmed": "yes"})

    assert "<del>  &quot;defaultVariant&quot;: &quot;off&quot;</del>" in page
    assert "<ins>  &quot;defaultVariant&quot;: &quot;on&quot;</ins>" in page
    assert "published again, as version 3" in question
    newest = FlagVersion.objects.get(number=3)
    assert (newest.origin, newest.of_version, newest.reason) == ("rollback", 1, "Not ready")
    assert staff.get(at(flag, "history/?version=9")).status_code == 404


def test_the_list_of_a_tenant_has_all_of_its_environments(staff: Client, flag: FeatureFlag) -> None:
    for number in range(8):
        create_environment(key=f"e{number}", name=f"E{number}")

    everywhere = staff.get(LIST).text
    own = staff.get(f"{LIST}?tenant={flag.tenant_id}").text

    assert "3 more environments: choose a tenant" in everywhere
    assert all(at(flag, environment=f"e{number}") in own for number in range(8))
    assert "more environment" not in own


def test_a_flag_is_copied_and_taken_out_after_a_yes(staff: Client, flag: FeatureFlag) -> None:
    create_environment(key="staging", name="Staging")

    staff.post(at(flag, "copy/", "staging"), {"source": "production", "confirmed": "yes"})
    staff.post(at(flag, "withdraw/"), {"confirmed": "yes"})

    tenant = flag.tenant_id
    assert "dark-mode" in snapshots.get(tenant, "staging").flags
    assert "dark-mode" not in snapshots.get(tenant, "production").flags


PAGES = ["", "history/"]
ACTS = ["kill/", "restore/", "withdraw/", "copy/", "roll_out/", "history/1/roll-back/"]
READS = ["validate/", "try/"]
WRITES = ["publish/", "propose/"]


def test_who_may_look_may_not_change(staff: Client, flag: FeatureFlag) -> None:
    looks = browser_of("view_featureflag")

    seen = [looks.get(at(flag, part)).status_code for part in PAGES]
    acts = [looks.post(at(flag, part), {"confirmed": "yes"}).status_code for part in ACTS]
    writes = [send(looks, at(flag, part), definition=boolean("on"), base=1)[0] for part in WRITES]

    assert seen == [200] * len(PAGES)
    assert "Publish now" not in looks.get(at(flag)).text
    assert acts == [403] * len(ACTS)
    assert writes == [403] * len(WRITES)
    assert FlagVersion.objects.count() == 1
    assert not ChangeRequest.objects.exists()


def test_who_has_no_right_sees_nothing(staff: Client, flag: FeatureFlag) -> None:
    stranger = browser_of()

    for part in [*PAGES, *ACTS]:
        assert stranger.get(at(flag, part)).status_code == 403
    for part in [*READS, *WRITES]:
        assert send(stranger, at(flag, part), definition=boolean())[0] == 403
    assert Client().get(at(flag)).status_code == 302


def test_an_environment_of_another_tenant_is_none(staff: Client, flag: FeatureFlag) -> None:
    with in_tenant(make_tenant("other").pk):
        create_environment(key="elsewhere", name="Elsewhere")

    for part in [*PAGES, *ACTS]:
        assert staff.get(at(flag, part, "elsewhere")).status_code == 404
    for part in [*READS, *WRITES]:
        assert send(staff, at(flag, part, "elsewhere"), definition=boolean())[0] == 404


def test_who_may_change_but_not_propose_cannot_ask_for_a_review(
    staff: Client, flag: FeatureFlag
) -> None:
    editor = browser_of("view_featureflag", "change_featureflag")

    assert send(editor, at(flag, "propose/"), definition=boolean("on"), base=1)[0] == 403
    assert not ChangeRequest.objects.exists()


def test_a_conflict_of_a_request_names_the_place_on_its_page(
    staff: Client, flag: FeatureFlag
) -> None:
    request = create_request(
        title="Two", changes=[Proposal(flag_id=str(flag.pk), definition=boolean("on"))]
    )
    submit_request(id=str(request.pk))
    publish(None, [Change(target=flag, definition=None)])

    staff.post(f"/admin/config/changerequest/{request.pk}/apply/", {"confirmed": "yes"})

    page = staff.get(f"/admin/config/changerequest/{request.pk}/change/").text
    assert "conflicted" in page
    assert "changed by others too" in page
