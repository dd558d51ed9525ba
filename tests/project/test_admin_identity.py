"""Tenants, members, accounts and keys in the back office: said first, done then, shown once."""

import io
import json
import re
from datetime import timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client

from kernel.identity.departures import TenantDeletion, TenantExport
from kernel.identity.erasure import advance_deletions
from kernel.identity.keys import PATTERN
from kernel.identity.lifecycle import delete_tenant, export_tenant
from kernel.identity.models import ApiKey, Membership, ServiceAccount, Tenant, TenantState
from kernel.identity.scopes import Role
from kernel.identity.services import admit, create_service_account, issue_key
from kernel.storage.local import LocalStorage
from kernel.testing.graphql import GraphQLClient
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_key, make_tenant

BASE = "/admin/identity"


@pytest.fixture
def staff(db: None) -> Client:
    """A browser with an administrator signed in."""
    browser = Client()
    browser.force_login(User.objects.create_superuser("root", password="secret"))
    return browser


@pytest.fixture(autouse=True)
def _store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = LocalStorage(tmp_path)
    monkeypatch.setattr("kernel.identity.exports.storage", lambda: store)


def act(browser: Client, model: str, action: str, *ids: object) -> tuple[str, str]:
    """Choose an action; return the question, and the page after a yes."""
    chosen = {"action": action, "_selected_action": [str(one) for one in ids]}
    question = browser.post(f"{BASE}/{model}/", chosen).text
    yes = chosen | {"confirmed": str(len(ids))}
    return question, browser.post(f"{BASE}/{model}/", yes, follow=True).text


def test_a_tenant_is_suspended_and_resumed_after_its_consequence_was_read(
    staff: Client, tenant: Tenant
) -> None:
    ask = GraphQLClient(make_key(tenant).secret)

    question, answer = act(staff, "tenant", "suspend", tenant.pk)
    shut_out = ask("{ __typename }").status
    act(staff, "tenant", "resume", tenant.pk)

    assert "their keys open nothing, at once" in question
    assert f"{tenant.slug} is suspended." in answer
    assert (shut_out, ask("{ __typename }").status) == (401, 200)


def test_a_tenant_is_deleted_by_a_process_with_a_report_and_never_as_a_row(
    staff: Client, tenant: Tenant
) -> None:
    make_key(tenant)
    page = staff.get(f"{BASE}/tenant/").text
    row_alone = staff.post(f"{BASE}/tenant/{tenant.pk}/delete/", {"post": "yes"}).status_code

    question, answer = act(staff, "tenant", "delete_with_data", tenant.pk)

    assert "delete_selected" not in page
    assert row_alone == 403
    assert "audit logs included" in question
    assert f"{tenant.slug} is to be deleted." in answer
    deletion = TenantDeletion.objects.get()
    assert deletion.requested_by == "root"
    assert Tenant.objects.get().state is TenantState.DELETING
    _, refused = act(staff, "tenant", "suspend", tenant.pk)
    assert "is to be deleted, so nobody gets in already" in refused
    TenantDeletion.objects.update(delete_after=deletion.requested_at)
    advance_deletions("")
    drain()
    advance_deletions("")
    report = staff.get(f"{BASE}/tenantdeletion/{deletion.pk}/change/").text
    assert "identity.apikey" in report
    assert "finished" in report


def test_an_export_is_made_downloaded_by_who_may_and_the_download_put_on_record(
    staff: Client, tenant: Tenant
) -> None:
    _, answer = act(staff, "tenant", "export", tenant.pk)
    waiting = staff.get(f"{BASE}/tenantexport/").text
    drain()
    export = TenantExport.objects.get()
    path = f"{BASE}/tenantexport/{export.pk}/file/"
    page = staff.get(f"{BASE}/tenant/{tenant.pk}/change/").text

    response = staff.get(path)

    body = b"".join(response.streaming_content)  # type: ignore[attr-defined]  # it is a stream
    manifest = json.loads(ZipFile(io.BytesIO(body)).read("manifest.json"))
    assert "is being exported" in answer
    assert "0 of 0 rows" in waiting
    assert path in page
    assert manifest["tenant"]["slug"] == tenant.slug
    assert response["Content-Disposition"] == f'attachment; filename="{export.file_name}"'
    assert LogEntry.objects.get(object_id=str(export.pk)).change_message == "Downloaded the file."


def test_a_key_is_rotated_and_the_new_secret_shown_once(staff: Client, tenant: Tenant) -> None:
    credential = make_key(tenant, "audit:read")

    question, shown = act(staff, "apikey", "rotate", credential.key.pk)
    again = staff.get(f"{BASE}/apikey/").text

    found = re.search(PATTERN, shown)
    assert "opens the same for another day" in " ".join(question.split())
    assert found
    assert found.group() not in again
    for secret in (found.group(), credential.secret):
        assert GraphQLClient(secret)("{ auditLogs { totalCount } }").data


def test_a_key_of_an_account_has_no_more_than_the_account(staff: Client, tenant: Tenant) -> None:
    account = create_service_account(tenant=tenant, name="robot", scopes=["audit:read"])
    form = {"name": "k", "service_account": str(account.pk), "scopes": '["audit:read"]'}

    beyond = staff.post(
        f"{BASE}/apikey/add/", form | {"tenant": str(tenant.pk), "scopes": '["*"]'}
    ).text
    foreign = staff.post(f"{BASE}/apikey/add/", form | {"tenant": str(make_tenant().pk)}).text
    assert ApiKey.objects.count() == 0
    staff.post(f"{BASE}/apikey/add/", form | {"tenant": str(tenant.pk)})

    assert "The account itself may not do all of that." in beyond
    assert "It belongs to another tenant." in foreign
    key = ApiKey.objects.get()
    assert (key.service_account, key.created_by) == (account, User.objects.get())


def test_an_account_is_made_disabled_and_enabled(staff: Client, tenant: Tenant) -> None:
    keys = {"api_keys-TOTAL_FORMS": "0", "api_keys-INITIAL_FORMS": "0"}
    form = {"tenant": str(tenant.pk), "name": "robot", "scopes": '["audit:read"]'} | keys
    staff.post(f"{BASE}/serviceaccount/add/", form)
    account = ServiceAccount.objects.get()
    _, secret = issue_key(tenant=tenant, name="k", scopes=["audit:read"], service_account=account)

    states = []
    for action in ("disable", "enable"):
        act(staff, "serviceaccount", action, account.pk)
        states.append(GraphQLClient(secret)("{ __typename }").status)

    assert account.created_by == User.objects.get()
    assert states == [401, 200]


def test_a_member_is_admitted_promoted_and_removed_but_never_the_last_owner(
    staff: Client, tenant: Tenant
) -> None:
    user = User.objects.create_user("ada")
    form = {"user": str(user.pk), "tenant": str(tenant.pk), "extra_scopes": "[]"}
    staff.post(f"{BASE}/membership/add/", form | {"role": "owner"})
    membership = Membership.objects.get()
    path = f"{BASE}/membership/{membership.pk}/change/"

    demoted = staff.post(path, {"role": "viewer", "extra_scopes": "[]"}).text
    _, refused = act(staff, "membership", "remove", membership.pk)
    assert Membership.objects.get().role == Role.OWNER
    admit(user=User.objects.create_user("ben"), tenant=tenant, role=Role.OWNER)
    staff.post(path, {"role": "viewer", "extra_scopes": '["audit:write"]'})
    membership.refresh_from_db()
    changed = membership.role, membership.extra_scopes
    act(staff, "membership", "remove", membership.pk)

    assert "A tenant keeps one owner" in demoted
    assert "a tenant keeps one owner" in refused
    assert changed == (Role.VIEWER, ["audit:write"])
    assert [one.user.username for one in Membership.objects.all()] == ["ben"]


PAGES = ("tenant", "membership", "serviceaccount", "apikey", "tenantexport", "tenantdeletion")
ACTIONS = {
    "tenant": ("suspend", "resume", "export", "delete_with_data"),
    "membership": ("remove",),
    "serviceaccount": ("disable", "enable"),
    "apikey": ("rotate", "revoke"),
}


def permitted(*codenames: str) -> Client:
    user = User.objects.create_user("clerk", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    browser = Client()
    browser.force_login(user)
    return browser


def one_of_each(tenant: Tenant) -> dict[str, str]:
    member = admit(user=User.objects.create_user("ada"), tenant=tenant, role=Role.EDITOR)
    account = create_service_account(tenant=tenant, name="robot", scopes=["audit:read"])
    export = export_tenant(tenant_id=tenant.pk)
    drain()
    other = make_tenant()
    deletion = delete_tenant(tenant_id=other.pk, grace=timedelta(days=1))
    rows = (tenant, member, account, make_key(tenant).key, export, deletion)
    return {page: str(row.pk) for page, row in zip(PAGES, rows, strict=True)}


@pytest.mark.parametrize("page", PAGES)
def test_staff_without_a_permission_see_nothing_and_do_nothing(tenant: Tenant, page: str) -> None:
    row = one_of_each(tenant)[page]
    browser = permitted(*(f"view_{other}" for other in PAGES if other != page))
    paths = [f"{BASE}/{page}/", f"{BASE}/{page}/{row}/change/", f"{BASE}/{page}/add/"]
    paths += [f"{BASE}/tenantexport/{row}/file/"] if page == "tenantexport" else []

    statuses = {browser.get(path).status_code for path in paths}
    for action in ACTIONS.get(page, ()):
        chosen = {"action": action, "_selected_action": [row], "confirmed": "1"}
        statuses.add(browser.post(f"{BASE}/{page}/", chosen).status_code)

    assert statuses == {403}
    assert Tenant.objects.get(pk=tenant.pk).state is TenantState.ACTIVE


@pytest.mark.parametrize(
    ("page", "action"), [(page, action) for page, actions in ACTIONS.items() for action in actions]
)
def test_staff_who_may_only_look_do_nothing(tenant: Tenant, page: str, action: str) -> None:
    row = one_of_each(tenant)[page]
    before = Tenant.objects.values().get(pk=tenant.pk), *_states()
    browser = permitted(f"view_{page}")

    listed = browser.get(f"{BASE}/{page}/")
    chosen = {"action": action, "_selected_action": [row], "confirmed": "1"}
    browser.post(f"{BASE}/{page}/", chosen, follow=True)

    assert listed.status_code == 200
    assert f'value="{action}"' not in listed.text
    assert (Tenant.objects.values().get(pk=tenant.pk), *_states()) == before


def test_staff_who_change_people_make_nobody_staff_and_get_in_as_no_other_staff(db: None) -> None:
    browser = permitted("view_user", "change_user", "delete_user")
    root = User.objects.create_superuser("root", password="before")
    Authenticator.objects.create(user=root, type=Authenticator.Type.TOTP, data={})
    ada = User.objects.create_user("ada")
    clerk = User.objects.get(username="clerk")

    def page(person: User, verb: str) -> str:
        return f"/admin/auth/user/{person.pk}/{verb}/"

    passwords = {"password1": "a new long word", "password2": "a new long word"}
    statuses = [
        browser.post(page(root, "password"), passwords).status_code,
        browser.post(page(root, "change"), {"username": "toor"}).status_code,
        browser.post(page(root, "delete"), {"post": "yes"}).status_code,
    ]
    action = {"action": "remove_second_factors", "confirmed": "1"}
    browser.post("/admin/auth/user/", action | {"_selected_action": str(root.pk)})
    browser.post(
        "/admin/auth/user/",
        {"action": "delete_selected", "post": "yes", "_selected_action": str(root.pk)},
    )
    for person in (ada, clerk):
        powers = {"username": person.username, "is_active": "on", "first_name": "changed"}
        powers |= {"is_staff": "on", "is_superuser": "on", "date_joined_0": "2026-05-01"}
        powers |= {"date_joined_1": "12:00:00", "memberships-TOTAL_FORMS": "0"}
        browser.post(page(person, "change"), powers | {"memberships-INITIAL_FORMS": "0"})

    assert statuses == [403, 403, 403]
    assert User.objects.get(username="root").check_password("before")
    assert Authenticator.objects.filter(user=root).exists()
    assert list(User.objects.order_by("username").values_list("first_name", "is_superuser")) == [
        ("changed", False),
        ("changed", False),
        ("", True),
    ]
    assert not User.objects.get(pk=ada.pk).is_staff


def _states() -> tuple[object, ...]:
    return (
        list(Membership.objects.values()),
        list(ServiceAccount.objects.values()),
        list(ApiKey.objects.values()),
        TenantExport.objects.count(),
        TenantDeletion.objects.count(),
    )
