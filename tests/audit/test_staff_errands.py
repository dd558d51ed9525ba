"""What staff do to the log's surroundings: asked first, told what comes of it, on record."""

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from apps.audit.domain.entries import Personal
from apps.audit.models import (
    ActionSchema,
    AuditExport,
    AuditLog,
    AuditSearch,
    AuditStream,
    IntakeSource,
    LegalHold,
    PersonalFieldRule,
    RetentionPolicy,
    StreamState,
    SubjectKey,
    ViewerToken,
)
from apps.audit.services.exporting import export_logs
from apps.audit.services.holds import place_hold
from apps.audit.services.personal_rules import add_rule
from apps.audit.services.policies import create_policy
from apps.audit.services.recording import record
from apps.audit.services.schemas import add_schema
from apps.audit.services.searches import create_search
from apps.audit.services.sources import add_source
from apps.audit.services.streams import create_stream
from apps.audit.services.viewers import create_viewer_token
from apps.audit.tasks import retain_tenant
from kernel.identity.models import Tenant
from kernel.jobs.models import Job
from kernel.tenancy.context import in_tenant
from kernel.testing.tenants import make_tenant
from tests.audit.archiving import recorded
from tests.audit.factories import an_entry

ADMIN = "/admin/audit/"


@pytest.fixture
def staff(db: None) -> Client:
    """A browser with an administrator signed in."""
    browser = Client()
    browser.force_login(User.objects.create_superuser("root", password="secret"))
    return browser


def ask(staff: Client, path: str, given: dict[str, Any] | None = None) -> str:
    """Fill in a form, or open a question, and return what is told before it is done."""
    answer = staff.post(ADMIN + path, given) if given else staff.get(ADMIN + path)
    assert answer.status_code == 200
    return answer.text


def agree(staff: Client, path: str, given: dict[str, Any] | None = None) -> str:
    """Say yes, and return the page that follows."""
    answer = staff.post(ADMIN + path, (given or {}) | {"confirmed": "yes"}, follow=True)
    assert answer.redirect_chain
    return answer.text


def actions(tenant: Tenant) -> list[str]:
    """Return what is on record in a tenant, but for how staff looked at it."""
    with in_tenant(tenant.pk):
        logs = AuditLog.objects.filter(action__startswith="audit.").order_by("id")
        return [one.action for one in logs]


def test_a_hold_is_placed_and_released_with_its_reasons(staff: Client, tenant: Tenant) -> None:
    record(an_entry())
    given = {"tenant": str(tenant.pk), "name": "Case 7", "reason": "Counsel", "actor_id": "u-1"}

    asked = ask(staff, "legalhold/place/", given)
    assert "on logs with actor id u-1: 1 log in the database now" in asked
    assert not LegalHold.objects.exists()
    assert "Case 7 holds." in agree(staff, "legalhold/place/", given)

    hold = LegalHold.objects.get()
    assert (hold.query, hold.placed_by) == ({"actor_id": "u-1"}, "root")
    asked = ask(staff, f"legalhold/{hold.pk}/release/", {"reason": "Settled"})
    assert "may be deleted, dropped and erased again" in asked
    assert "is released" in agree(staff, f"legalhold/{hold.pk}/release/", {"reason": "Settled"})
    hold.refresh_from_db()
    assert (hold.released_by, hold.release_reason) == ("root", "Settled")
    assert actions(tenant) == ["audit.hold.placed", "audit.hold.released"]
    again = staff.post(f"{ADMIN}legalhold/{hold.pk}/release/", {"reason": "x", "confirmed": "yes"})
    assert "Nothing was changed: the hold was released" in again.text


def test_a_policy_is_added_edited_and_removed_and_what_goes_is_told(
    staff: Client, tenant: Tenant
) -> None:
    recorded(4)
    given = {"tenant": str(tenant.pk), "actions": "step.*", "live_days": "30", "archived": "on"}

    asked = ask(staff, "retentionpolicy/create/", given)
    assert "4 logs would be archived, 0 deleted, 0 held" in asked
    assert "stay so for ever" in asked
    agree(staff, "retentionpolicy/create/", given)

    policy = RetentionPolicy.objects.get()
    edit = f"retentionpolicy/{policy.pk}/edit/"
    assert 'value="30"' in ask(staff, edit)
    asked = ask(staff, edit, {"live_days": "10", "archived_days": "20"})
    assert "0 logs would be archived, 4 deleted" in asked
    assert "deleted then, for ever" in asked
    agree(staff, edit, {"live_days": "10", "archived_days": "20"})
    policy.refresh_from_db()
    assert (policy.live_days, policy.archived, policy.archived_days) == (10, False, 20)

    agree(staff, f"retentionpolicy/{policy.pk}/remove/")
    assert not RetentionPolicy.objects.exists()
    assert actions(tenant) == [
        "audit.policy.created",
        "audit.policy.changed",
        "audit.policy.deleted",
    ]


def test_what_a_service_refuses_stands_in_the_form_and_changes_nothing(
    staff: Client, tenant: Tenant
) -> None:
    given = {"tenant": str(tenant.pk), "actions": "a b", "live_days": "30"}

    page = staff.post(f"{ADMIN}retentionpolicy/create/", given | {"confirmed": "yes"}).text

    assert "Nothing was changed:" in page
    assert 'value="a b"' in page
    assert not RetentionPolicy.objects.exists()


def test_a_round_is_started_once_and_how_far_it_is_is_shown(staff: Client, tenant: Tenant) -> None:
    recorded(3)
    create_policy(actions="step.*", live_days=1)
    given = {"tenant": str(tenant.pk)}

    asked = ask(staff, "archive/start/", given)
    assert "3 logs are due to be archived" in asked
    agree(staff, "archive/start/", given)
    refused = staff.post(f"{ADMIN}archive/start/", given | {"confirmed": "yes"}).text
    assert "has not ended" in refused

    job = Job.objects.get(name="audit.retain_tenant")
    assert job.tenant_id == tenant.pk
    Job.objects.filter(pk=job.pk).update(progress_done=7, progress_message="archiving 2024-03")
    page = staff.get(f"{ADMIN}archive/").text
    assert f"/admin/jobs/job/{job.pk}/change/" in page
    assert "7 archiving 2024-03" in page
    assert "audit.round.started" in actions(tenant)
    retain_tenant("")
    assert "archived" in staff.get(f"{ADMIN}archive/").text


def test_a_subject_is_erased_only_after_what_goes_was_told(staff: Client, tenant: Tenant) -> None:
    record(an_entry(personal=(Personal(subject="ada@example.com", fields=("/actor/name",)),)))
    given = {"tenant": str(tenant.pk), "subject": "ada@example.com", "reason": "asked"}

    asked = ask(staff, "subjectkey/erase/", given)
    assert "is in 1 log and perhaps in archived ones" in asked
    assert SubjectKey.objects.get().erased_at is None
    page = agree(staff, "subjectkey/erase/", given)

    assert "It is erased" in page
    assert SubjectKey.objects.get().erased_at is not None
    assert actions(tenant) == ["audit.subject.erased"]
    assert "ada@example.com" not in page
    again = staff.post(f"{ADMIN}subjectkey/erase/", given).text
    assert "nothing personal is told of this subject" in again


def test_a_held_subject_is_not_erased(staff: Client, tenant: Tenant) -> None:
    record(an_entry(personal=(Personal(subject="ada", fields=("/actor/name",)),)))
    place_hold(name="Case 7", reason="Counsel")
    given = {"tenant": str(tenant.pk), "subject": "ada"}

    for yes in ({}, {"confirmed": "yes"}):
        page = staff.post(f"{ADMIN}subjectkey/erase/", given | yes).text
        assert "held by Case 7" in page
    assert SubjectKey.objects.get().erased_at is None


def test_a_search_is_kept_run_changed_and_deleted(staff: Client, tenant: Tenant) -> None:
    record(an_entry())
    told = {"tenant": str(tenant.pk), "q": "invoice", "actions": "invoice.approved"}
    listed = staff.get(f"{ADMIN}auditlog/", told).text
    keep = re.search(r'href="([^"]*auditsearch/keep/[^"]*)"', listed)
    assert keep
    form = staff.get(keep[1].replace("&amp;", "&")).text
    assert 'value="invoice.approved"' in form
    given = {
        "tenant": str(tenant.pk),
        "name": "Approvals",
        "text": "invoice",
        "actions": "invoice.approved",
        "shared": "on",
    }

    assert "logs with text invoice; actions invoice.approved" in ask(
        staff, "auditsearch/keep/", given
    ).replace("actions invoice.approved; text invoice", "text invoice; actions invoice.approved")
    agree(staff, "auditsearch/keep/", given)

    search = AuditSearch.objects.get()
    assert (search.owner_name, search.shared) == ("root", True)
    found = staff.get(f"{ADMIN}auditsearch/{search.pk}/run/", follow=True)
    assert urlsplit(found.redirect_chain[0][0]).path == f"{ADMIN}auditlog/"
    assert "1 here, and no more" in found.text
    agree(staff, f"auditsearch/{search.pk}/edit/", {"name": "Mine", "actor_id": "u-1"})
    search.refresh_from_db()
    assert (search.name, search.shared, search.query) == ("Mine", False, {"actor_id": "u-1"})
    agree(staff, f"auditsearch/{search.pk}/remove/")
    assert not AuditSearch.objects.exists()


def test_parts_of_a_search_that_no_form_has_stay_and_are_run(staff: Client, tenant: Tenant) -> None:
    record(an_entry(action="a.first", metadata={"plan": "gold"}))
    record(an_entry(action="a.second", metadata={"plan": "tin"}))
    search = create_search(name="Gold", query={"metadata": {"plan": "gold"}}, shared=True)

    found = staff.get(f"{ADMIN}auditsearch/{search.pk}/run/", follow=True).text
    agree(staff, f"auditsearch/{search.pk}/edit/", {"name": "Gold", "actor_id": "u-1"})

    assert ("a.first" in found, "a.second" in found) == (True, False)
    keep = re.search(r'href="([^"]*auditsearch/keep/[^"]*)"', found)
    assert keep
    given = {"tenant": str(tenant.pk), "name": "Also gold", "confirmed": "yes"}
    staff.post(keep[1].replace("&amp;", "&"), given)
    assert AuditSearch.objects.get(name="Also gold").query == {"metadata": {"plan": "gold"}}
    search.refresh_from_db()
    assert search.query == {"metadata": {"plan": "gold"}, "actor_id": "u-1"}


def test_alerts_are_raised_on_a_search_and_no_more(staff: Client, tenant: Tenant) -> None:
    search = create_search(name="Approvals", query={"actor_id": "u-1"}, shared=True)
    given = {"threshold": "3", "window_minutes": "10"}
    path = f"auditsearch/{search.pk}/"

    assert "when 3 such logs are recorded within 10 minutes" in ask(staff, f"{path}alert/", given)
    agree(staff, f"{path}alert/", given)
    search.refresh_from_db()
    assert search.rule is not None
    assert search.cool_down == search.window
    assert "3 in 10 min" in staff.get(f"{ADMIN}auditsearch/").text

    agree(staff, f"{path}quiet/")
    search.refresh_from_db()
    assert (search.threshold, search.window, search.cool_down) == (None, None, None)


def test_a_link_is_shown_once_opens_its_logs_and_is_revoked(staff: Client, tenant: Tenant) -> None:
    record(an_entry())
    given = {"tenant": str(tenant.pk), "name": "For Eve", "minutes": "5", "actor_id": "u-1"}

    assert "logs with actor id u-1" in ask(staff, "viewertoken/make/", given)
    made = agree(staff, "viewertoken/make/", given)
    link = re.search(r"http://testserver(/audit/view/[^<]+)", made)
    assert link
    viewer = ViewerToken.objects.get()
    assert viewer.personal is False
    assert link[1] not in staff.get(f"{ADMIN}viewertoken/").text
    assert link[1] not in staff.get(f"{ADMIN}viewertoken/{viewer.pk}/change/").text
    assert "For Eve" in Client().get(link[1]).text

    agree(staff, f"viewertoken/{viewer.pk}/revoke/")
    assert Client().get(link[1]).status_code == 404
    assert actions(tenant) == [
        "audit.viewer.created",
        "audit.viewer.opened",
        "audit.viewer.revoked",
    ]


def test_a_stream_is_made_paused_resumed_replayed_and_removed(
    staff: Client, tenant: Tenant
) -> None:
    recorded(5)
    given = {
        "tenant": str(tenant.pk),
        "name": "siem",
        "address": "https://siem.example/in",
        "format": "json",
    }

    assert "EVERY log of the tenant" in ask(staff, "auditstream/create/", given)
    made = agree(staff, "auditstream/create/", given)
    secret = re.search(r"whsec_[\w+/=-]+", made)
    stream = AuditStream.objects.get()
    assert secret
    assert secret[0] not in staff.get(f"{ADMIN}auditstream/{stream.pk}/change/").text
    assert stream.position == 5
    path = f"auditstream/{stream.pk}/"
    for step, state in (("pause", StreamState.PAUSED), ("resume", StreamState.ACTIVE)):
        agree(staff, path + f"{step}/")
        stream.refresh_from_db()
        assert stream.state == state
    assert "Up to 3 logs are sent once more" in ask(staff, f"{path}replay/", {"position": "2"})
    agree(staff, f"{path}replay/", {"position": "2"})
    stream.refresh_from_db()
    assert stream.position == 2
    beyond = staff.post(f"{ADMIN}{path}replay/", {"position": "9", "confirmed": "yes"}).text
    assert "the log has 5 leaves" in beyond
    agree(staff, f"{path}remove/")
    assert not AuditStream.objects.exists()


def test_a_source_is_added_and_removed(staff: Client, tenant: Tenant) -> None:
    given = {"tenant": str(tenant.pk), "source": "https://shop.example/"}

    assert "It does not sign" in ask(staff, "intakesource/put/", given)
    agree(staff, "intakesource/put/", given)
    source = IntakeSource.objects.get()
    agree(staff, f"intakesource/{source.pk}/remove/")

    assert not IntakeSource.objects.exists()
    assert actions(tenant) == ["audit.source.added", "audit.source.removed"]


def test_staff_say_what_is_personal_and_end_it_again(staff: Client, tenant: Tenant) -> None:
    given = {
        "tenant": str(tenant.pk),
        "actions": "a.*",
        "subject": "/actor/id",
        "places": "/actor/name\n/context/ipAddress",
    }

    assert "Sealed in what is told from now on: /actor/name" in ask(
        staff, "personalfieldrule/create/", given
    )
    assert not PersonalFieldRule.objects.exists()
    agree(staff, "personalfieldrule/create/", given)
    rule = PersonalFieldRule.objects.get()
    agree(staff, f"personalfieldrule/{rule.pk}/end/")

    assert rule.fields == ["/actor/name", "/context/ipAddress"]
    assert PersonalFieldRule.objects.get().ended_at is not None
    assert actions(tenant) == ["audit.personal_rule.added", "audit.personal_rule.ended"]


# --- Who may not ------------------------------------------------------------------------------

#: By model: what stands there, the errands of the list, those of a row.
ERRANDS: dict[str, tuple[Callable[[], Any], list[str], list[str]]] = {
    "legalhold": (lambda: place_hold(name="x", reason="y"), ["place"], ["release"]),
    "retentionpolicy": (
        lambda: create_policy(actions="*", live_days=9),
        ["create"],
        ["edit", "remove"],
    ),
    "auditsearch": (
        lambda: create_search(name="x", query={}, shared=True),
        ["keep"],
        ["edit", "alert", "quiet", "remove"],
    ),
    "viewertoken": (lambda: create_viewer_token(name="x"), ["make"], ["revoke"]),
    "auditstream": (
        lambda: create_stream(name="x", address="syslog+tcp://h:1")[0],
        ["create"],
        ["pause", "resume", "replay", "remove"],
    ),
    "personalfieldrule": (
        lambda: add_rule(actions="*", subject="/actor/id", fields=["/actor/name"]),
        ["create"],
        ["end"],
    ),
    "intakesource": (lambda: add_source(source="x"), ["put"], ["remove"]),
    "archive": (lambda: None, ["start"], []),
    "subjectkey": (lambda: None, ["erase"], []),
}


@pytest.mark.parametrize("model", ERRANDS)
@pytest.mark.parametrize("permitted", [False, True])
def test_who_only_looks_does_nothing(db: None, tenant: Tenant, model: str, permitted: bool) -> None:
    make, of_list, of_row = ERRANDS[model]
    row = make()
    user = User.objects.create_user("bert", password="secret", is_staff=True)
    names = [f"view_{model}", *([f"change_{model}"] if permitted else [])]
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    browser = Client()
    browser.force_login(user)
    paths = [f"{ADMIN}{model}/{one}/" for one in of_list]
    paths += [f"{ADMIN}{model}/{row.pk}/{one}/" for one in of_row]

    listed = browser.get(f"{ADMIN}{model}/").text
    answers = [browser.get(path).status_code for path in paths]
    if not permitted:
        answers += [browser.post(path, {"confirmed": "yes"}).status_code for path in paths]

    assert set(answers) == {200 if permitted else 403}
    assert (f'href="{paths[0]}"' in listed) is permitted
    assert row is None or type(row).objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("model", [name for name, (_, _, of_row) in ERRANDS.items() if of_row])
def test_strangers_are_asked_to_sign_in_and_a_row_that_is_none_is_not_found(
    staff: Client, tenant: Tenant, model: str
) -> None:
    _, of_list, of_row = ERRANDS[model]
    paths = [f"{ADMIN}{model}/{of_list[0]}/", f"{ADMIN}{model}/{tenant.pk}/{of_row[0]}/"]

    assert [Client().post(path).status_code for path in paths] == [302, 302]
    assert staff.get(paths[1]).status_code == 404


def test_an_errand_stays_within_the_tenant_that_is_chosen(staff: Client, tenant: Tenant) -> None:
    other = make_tenant()
    given = {"tenant": str(other.pk), "name": "Case", "reason": "Counsel"}

    agree(staff, "legalhold/place/", given)
    nowhere = staff.post(f"{ADMIN}legalhold/place/", given | {"tenant": "x"}).text

    assert not LegalHold.objects.exists()
    assert [one.tenant_id for one in LegalHold.across_tenants.all()] == [other.pk]
    assert actions(tenant) == []
    assert "Select a valid choice" in nowhere


def test_a_schema_is_tried_on_recent_logs_before_it_is_added(staff: Client, tenant: Tenant) -> None:
    record(an_entry(action="a.done", metadata={"amount": "many"}))
    record(an_entry(action="a.done", metadata={"amount": 3}))
    schema = {"properties": {"metadata": {"properties": {"amount": {"type": "integer"}}}}}
    given = {
        "tenant": str(tenant.pk),
        "action": "a.done",
        "schema": json.dumps(schema),
        "mode": "enforce",
    }

    asked = ask(staff, "actionschema/create/", given)
    assert "Of the last 2 logs of the action 1 do not fit." in asked
    assert "/metadata/amount" in asked
    assert "are refused" in asked
    assert not ActionSchema.objects.exists()
    assert "a.done 1 is there" in agree(staff, "actionschema/create/", given)

    made = ActionSchema.objects.get()
    assert (made.schema, made.mode) == (schema, "enforce")
    assert "audit.schema.added" in actions(tenant)


@pytest.mark.parametrize(
    ("schema", "told"), [("{", "This is no JSON"), ('{"$ref": "#"}', "Nothing was changed")]
)
def test_what_is_no_schema_is_told_in_the_form(
    staff: Client, tenant: Tenant, schema: str, told: str
) -> None:
    given = {"tenant": str(tenant.pk), "action": "a", "schema": schema, "mode": "warn"}

    assert told in ask(staff, "actionschema/create/", given)
    assert not ActionSchema.objects.exists()


def test_the_mode_of_a_version_is_changed(staff: Client, tenant: Tenant) -> None:
    row = add_schema(action="a.done", schema={"required": ["nothing"]}, mode="warn")
    path = f"actionschema/{row.pk}/mode/"

    assert "No log of this action" in ask(staff, path, {"mode": "enforce"})
    record(an_entry(action="a.done"))
    assert "Of the last 1 log of the action 1 do not fit." in ask(staff, path, {"mode": "enforce"})
    assert "is enforce now" in agree(staff, path, {"mode": "enforce"})

    row.refresh_from_db()
    assert row.mode == "enforce"
    assert actions(tenant)[-1] == "audit.schema.changed"


def test_an_export_is_started_and_cancelled(staff: Client, tenant: Tenant) -> None:
    record(an_entry())
    given = {"tenant": str(tenant.pk), "format": "csv", "actor_id": "u-1"}

    asked = ask(staff, "auditexport/start/", given)
    assert "on logs with actor id u-1: 1 log in the database now" in asked
    assert not AuditExport.objects.exists()
    assert "A job makes the export" in agree(staff, "auditexport/start/", given)

    export = AuditExport.objects.get()
    assert (export.format, export.query, export.personal) == ("csv", {"actor_id": "u-1"}, False)
    assert export.owner_name == "root"
    path = f"auditexport/{export.pk}/cancel/"
    assert "what it has written goes" in ask(staff, path)
    assert "is cancelled" in agree(staff, path)
    export.refresh_from_db()
    assert export.state == "cancelled"
    assert actions(tenant)[-2:] == ["audit.export.requested", "audit.export.cancelled"]
    assert "Nothing was changed" not in agree(staff, path)


def test_who_may_only_look_neither_adds_schemas_nor_exports(tenant: Tenant) -> None:
    viewer = User.objects.create_user("viewer", is_staff=True)
    for name in ("view_actionschema", "view_auditexport"):
        viewer.user_permissions.add(Permission.objects.get(codename=name))
    browser = Client()
    browser.force_login(viewer)
    row = add_schema(action="a.done", schema={"type": "object"}, mode="off")
    export = export_logs(format="csv")

    paths = (
        "actionschema/create/",
        f"actionschema/{row.pk}/mode/",
        "auditexport/start/",
        f"auditexport/{export.pk}/cancel/",
    )
    assert [browser.get(ADMIN + path).status_code for path in paths] == [403] * 4
