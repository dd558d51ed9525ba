"""A tenant's pages: each member sees and does there what their role allows, and no more."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from kernel.events.models import OutboxEvent
from kernel.identity.lifecycle import suspend_tenant
from kernel.identity.models import ApiKey, Membership, ServiceAccount, Session, Tenant
from kernel.identity.scopes import Role
from kernel.identity.services import admit, issue_key
from kernel.testing.graphql import GraphQLClient
from kernel.testing.tenants import make_tenant

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse 7"


def member(tenant: Tenant, name: str, role: str) -> Membership:
    user, _ = User.objects.get_or_create(username=name, email=f"{name}@example.com")
    user.set_password(PASSWORD)
    user.save()
    return admit(user=user, tenant=tenant, role=role)


def browser_of(membership: Membership) -> Client:
    browser = Client()
    browser.post("/sign-in/", {"login": membership.user.username, "password": PASSWORD})
    return browser


def told(type_: str) -> int:
    return OutboxEvent.objects.filter(type=type_).count()


@pytest.fixture
def owner(tenant: Tenant) -> Membership:
    """Who may do everything."""
    return member(tenant, "owner", Role.OWNER)


READABLE = {
    "/tenant/": {Role.OWNER, Role.ADMINISTRATOR, Role.EDITOR, Role.VIEWER},
    "/tenant/keys/": {Role.OWNER, Role.ADMINISTRATOR, Role.EDITOR, Role.VIEWER},
    "/tenant/members/": {Role.OWNER, Role.ADMINISTRATOR},
    "/tenant/sessions/": {Role.OWNER, Role.ADMINISTRATOR},
}


@pytest.mark.parametrize("path", READABLE)
@pytest.mark.parametrize("role", [Role.OWNER, Role.ADMINISTRATOR, Role.EDITOR, Role.VIEWER])
def test_a_page_is_for_the_roles_that_need_it(owner: Membership, path: str, role: Role) -> None:
    browser = browser_of(member(owner.tenant, "somebody", role))

    assert browser.get(path).status_code == (200 if role in READABLE[path] else 403)
    shown = browser.get("/tenant/").text
    assert (f'href="{path}"' in shown) == (role in READABLE[path])


@pytest.mark.parametrize("path", READABLE)
def test_who_is_in_no_tenant_is_told_so(path: str, db: None) -> None:
    browser = Client()
    browser.force_login(User.objects.create_user("alone"))

    assert "No tenant" in browser.get(path).text


def test_a_role_is_changed_and_its_holder_signs_in_anew(owner: Membership) -> None:
    ada = member(owner.tenant, "ada", Role.EDITOR)
    hers = browser_of(ada)

    browser_of(owner).post(f"/tenant/members/{ada.pk}/role/", {"role": "viewer"})

    ada.refresh_from_db()
    assert ada.role == Role.VIEWER
    assert hers.get("/tenant/").status_code == 302
    assert told("identity.member.role_changed.v1") == 1
    assert told("identity.session.revoked.v1") == 1


def test_who_changes_their_own_role_goes_on_under_a_new_key(owner: Membership) -> None:
    member(owner.tenant, "second", Role.OWNER)
    here, elsewhere = browser_of(owner), browser_of(owner)
    before = here.cookies["sessionid"].value

    here.post(f"/tenant/members/{owner.pk}/role/", {"role": "editor"})

    assert here.get("/tenant/").status_code == 200
    assert here.cookies["sessionid"].value != before
    assert elsewhere.get("/tenant/").status_code == 302


def test_the_last_owner_stays_one(owner: Membership) -> None:
    browser = browser_of(owner)

    changed = browser.post(f"/tenant/members/{owner.pk}/role/", {"role": "viewer"}, follow=True)
    left = browser.post(f"/tenant/members/{owner.pk}/remove/", follow=True)

    assert "keeps one owner" in changed.text
    assert "keeps one owner" in left.text
    owner.refresh_from_db()
    assert owner.role == Role.OWNER


def test_an_administrator_neither_makes_nor_unmakes_an_owner(owner: Membership) -> None:
    administrator = member(owner.tenant, "administrator", Role.ADMINISTRATOR)
    browser = browser_of(administrator)

    browser.post(f"/tenant/members/{administrator.pk}/role/", {"role": "owner"})
    browser.post(f"/tenant/members/{owner.pk}/role/", {"role": "viewer"})
    browser.post(f"/tenant/members/{owner.pk}/remove/")

    roles = dict(Membership.objects.values_list("user__username", "role"))
    assert roles == {"owner": "owner", "administrator": "administrator"}


def test_a_removed_member_is_out_at_once(owner: Membership) -> None:
    ada = member(owner.tenant, "ada", Role.EDITOR)
    _, secret = issue_key(tenant=owner.tenant, name="hers", scopes=["audit:read"], by=ada)
    hers = browser_of(ada)

    browser_of(owner).post(f"/tenant/members/{ada.pk}/remove/")

    assert hers.get("/tenant/").status_code == 302
    assert GraphQLClient(secret)("{ auditLogs { totalCount } }").codes == ["UNAUTHENTICATED"]
    assert told("identity.member.removed.v1") == 1


def test_a_member_of_another_tenant_is_not_there(owner: Membership) -> None:
    stranger = member(make_tenant(), "stranger", Role.EDITOR)
    browser = browser_of(owner)

    role = browser.post(f"/tenant/members/{stranger.pk}/role/", {"role": "viewer"}, follow=True)
    gone = browser.post(f"/tenant/members/{stranger.pk}/remove/", follow=True)

    assert ["there is no such member" in page.text for page in (role, gone)] == [True, True]
    stranger.refresh_from_db()
    assert stranger.role == Role.EDITOR


def test_one_leaves_by_oneself(owner: Membership) -> None:
    ada = member(owner.tenant, "ada", Role.VIEWER)
    browser = browser_of(ada)

    browser.post(f"/tenant/members/{ada.pk}/remove/")

    assert "No tenant" in browser.get("/tenant/").text


def test_changing_to_another_tenant_takes_a_new_key_and_everything_follows(
    owner: Membership,
) -> None:
    second = make_tenant("zzz-second")
    member(second, "owner", Role.VIEWER)
    browser = browser_of(owner)
    before = browser.cookies["sessionid"].value
    assert "Zzz-Second" in browser.get("/tenant/").text

    browser.post("/tenant/switch/", {"tenant": str(second.pk)})

    page = browser.get("/tenant/").text
    assert "<h1>Zzz-Second</h1>" in page
    assert browser.get("/tenant/members/").status_code == 403
    assert browser.cookies["sessionid"].value != before
    assert Session.objects.get(user=owner.user).tenant == second


def test_who_works_in_a_tenant_that_is_suspended_changes_to_another(owner: Membership) -> None:
    second = make_tenant("zzz-second")
    member(second, "owner", Role.VIEWER)
    browser = browser_of(owner)
    suspend_tenant(tenant_id=owner.tenant.pk)

    page = browser.get("/tenant/").text
    assert "No tenant" in page
    assert str(second.pk) in page
    browser.post("/tenant/switch/", {"tenant": str(second.pk)})

    assert "<h1>Zzz-Second</h1>" in browser.get("/tenant/").text


@pytest.mark.parametrize("wanted", ["other", "nonsense", ""])
def test_nobody_changes_to_a_tenant_of_others(owner: Membership, wanted: str) -> None:
    target = str(make_tenant("foreign").pk) if wanted == "other" else wanted
    browser = browser_of(owner)

    page = browser.post("/tenant/switch/", {"tenant": target}, follow=True)

    assert f"<h1>{owner.tenant.name}</h1>" in page.text
    assert Session.objects.get(user=owner.user).tenant == owner.tenant


# --- Keys -----------------------------------------------------------------------------------------


def secret_in(page: str) -> str:
    found = re.search(r'class="secret"[^>]*>(septet_\w+)<', page)
    assert found
    return found[1]


def new_key(browser: Client, **given: object) -> str:
    asked = {"name": "laptop", "owner": "me", "days": "30", "scopes": ["audit:read"]} | given
    return browser.post("/tenant/keys/new/", asked).text


def test_a_key_of_ones_own_is_shown_once_and_does_what_it_says(owner: Membership) -> None:
    ada = member(owner.tenant, "ada", Role.VIEWER)
    browser = browser_of(ada)

    secret = secret_in(new_key(browser))

    key = ApiKey.objects.get()
    assert (key.membership, key.scopes) == (ada, ["audit:read"])
    assert key.expires_at is not None
    assert secret not in browser.get("/tenant/keys/").text
    assert GraphQLClient(secret)("{ auditLogs { totalCount } }").data
    assert told("identity.apikey.issued.v1") == 1


def test_a_key_never_does_more_than_its_maker(owner: Membership) -> None:
    browser = browser_of(member(owner.tenant, "ada", Role.VIEWER))

    page = new_key(browser, scopes=["audit:write"])

    assert "not one of the available choices" in page
    assert not ApiKey.objects.exists()


def test_a_key_is_rotated_and_revoked_by_its_owner_only(owner: Membership) -> None:
    ada, eve = (member(owner.tenant, name, Role.EDITOR) for name in ("ada", "eve"))
    browser, others = browser_of(ada), browser_of(eve)
    first = secret_in(new_key(browser))
    key = ApiKey.objects.get()
    for verb in ("rotate", "revoke"):
        page = others.post(f"/tenant/keys/{key.pk}/{verb}/", follow=True)
        assert f"no API key {key.pk}" in page.text

    second = secret_in(browser.post(f"/tenant/keys/{key.pk}/rotate/").text)
    assert [bool(GraphQLClient(one)("{ __typename }").data) for one in (first, second)] == [
        True,
        True,
    ]
    browser.post(f"/tenant/keys/{key.pk}/revoke/")

    for one in (first, second):
        assert GraphQLClient(one)("{ auditLogs { totalCount } }").codes == ["UNAUTHENTICATED"]
    assert (told("identity.apikey.rotated.v1"), told("identity.apikey.revoked.v1")) == (1, 1)


def test_a_service_account_is_made_given_a_key_and_switched_off(owner: Membership) -> None:
    browser = browser_of(owner)
    browser.post("/tenant/accounts/new/", {"name": "nightly", "scopes": ["audit:read"]})
    account = ServiceAccount.objects.get()

    beyond = new_key(browser, owner=str(account.pk), scopes=["audit:write"])
    secret = secret_in(new_key(browser, owner=str(account.pk)))
    assert "beyond the service account" in beyond
    assert ApiKey.objects.get().service_account == account
    browser.post(f"/tenant/accounts/{account.pk}/", {})

    assert GraphQLClient(secret)("{ auditLogs { totalCount } }").codes == ["UNAUTHENTICATED"]
    browser.post(f"/tenant/accounts/{account.pk}/", {"enabled": "1"})
    assert GraphQLClient(secret)("{ auditLogs { totalCount } }").data


def test_who_does_not_administer_sees_no_service_account(owner: Membership) -> None:
    browser_of(owner).post("/tenant/accounts/new/", {"name": "nightly", "scopes": ["audit:read"]})
    account = ServiceAccount.objects.get()
    browser = browser_of(member(owner.tenant, "ada", Role.EDITOR))

    assert "nightly" not in browser.get("/tenant/keys/").text
    assert browser.post("/tenant/accounts/new/", {"name": "x"}).status_code == 403
    assert browser.post(f"/tenant/accounts/{account.pk}/", {}).status_code == 403
    assert "not one of the available choices" in new_key(browser, owner=str(account.pk))


# --- Sessions -------------------------------------------------------------------------------------


def test_an_administrator_ends_sessions_of_the_tenant_and_no_others(owner: Membership) -> None:
    ada = browser_of(member(owner.tenant, "ada", Role.VIEWER))
    stranger = browser_of(member(make_tenant(), "stranger", Role.VIEWER))
    browser = browser_of(owner)
    foreign = Session.objects.get(user__username="stranger").pk
    page = browser.get("/tenant/sessions/").text
    assert ("ada" in page, "stranger" in page) == (True, False)

    browser.post("/tenant/sessions/", {"session": foreign})
    browser.post("/tenant/sessions/", {})

    assert [one.get("/tenant/").status_code for one in (ada, stranger, browser)] == [302, 200, 200]
