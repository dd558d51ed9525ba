"""Invitations: one address, one role that the inviter may give, one week, one use."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client

from kernel import clock
from kernel.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from kernel.events.models import OutboxEvent
from kernel.identity import invitations
from kernel.identity.models import Invitation, Membership, Session, Tenant
from kernel.identity.scopes import Role
from kernel.identity.services import admit, remove_member
from kernel.observability.logging import ConsoleFormatter, JsonFormatter
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_tenant

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse 7"


def member(tenant: Tenant, name: str, role: str) -> Membership:
    user = User.objects.create_user(name, f"{name}@example.com", PASSWORD)
    return admit(user=user, tenant=tenant, role=role)


@pytest.fixture
def owner(tenant: Tenant) -> Membership:
    """Who may give every role."""
    return member(tenant, "owner", Role.OWNER)


def browser_of(membership: Membership) -> Client:
    browser = Client()
    browser.post("/sign-in/", {"login": membership.user.username, "password": PASSWORD})
    return browser


def invite_by_page(owner: Membership, email: str = "new@example.com", role: str = "editor") -> str:
    """Invite somebody as an owner does, and return the path that the mail leads to."""
    browser_of(owner).post("/tenant/members/invite/", {"email": email, "role": role})
    drain()
    found = re.search(r"http://testserver(/invitations/\S+)", str(mail.outbox[-1].body))
    assert found
    return found[1]


def made(owner: Membership, role: str = Role.EDITOR) -> Invitation:
    return invitations.invite(by=owner, email="new@example.com", role=role, site="http://x")


def told(type_: str) -> list[dict[str, object]]:
    return [row.envelope().data for row in OutboxEvent.objects.filter(type=type_).order_by("pk")]


def test_a_mail_invites_in_text_and_html_and_the_list_shows_who_is_waited_for(
    owner: Membership,
) -> None:
    path = invite_by_page(owner)

    (message,) = mail.outbox
    assert message.to == ["new@example.com"]
    assert message.subject == f"An invitation to {owner.tenant}"
    ((html, kind),) = message.alternatives  # type: ignore[attr-defined]  # it is a multipart one
    assert (f"http://testserver{path}" in html, kind) == (True, "text/html")
    page = browser_of(owner).get("/tenant/members/").text
    assert "new@example.com" in page
    assert path not in page


def test_a_new_person_chooses_a_password_and_is_in(owner: Membership) -> None:
    path = invite_by_page(owner)
    browser = Client()
    page = browser.get(path)
    assert (page.status_code, page["Referrer-Policy"]) == (200, "same-origin")
    assert "no-store" in page["Cache-Control"]

    answer = browser.post(path, {"name": "Ada Lovelace", "password": "engine no. 1"})

    assert answer["Location"] == "/tenant/"
    user = User.objects.get(email="new@example.com")
    assert (user.get_full_name(), user.is_staff) == ("Ada Lovelace", False)
    assert Membership.objects.get(user=user).role == Role.EDITOR
    assert Session.objects.get(user=user).tenant == owner.tenant
    assert owner.tenant.name in browser.get("/tenant/").text
    (joined,) = [fact for fact in told("identity.member.joined.v1") if fact["invitation_id"]]
    assert joined["user_id"] == str(user.pk)


def test_a_weak_password_makes_nobody(owner: Membership) -> None:
    path = invite_by_page(owner)

    page = Client().post(path, {"name": "Ada", "password": "1234"})

    assert "too short" in page.text
    assert not User.objects.filter(email="new@example.com").exists()
    assert Client().get(path).status_code == 200


def test_a_link_works_once(owner: Membership) -> None:
    path = invite_by_page(owner)
    Client().post(path, {"name": "Ada", "password": "engine no. 1"})

    again = Client().post(path, {"name": "Eve", "password": "engine no. 2"})

    assert again.status_code == 409
    assert "accepted" in again.text
    assert Membership.objects.filter(tenant=owner.tenant).count() == 2


def test_who_has_an_account_signs_in_to_accept(owner: Membership) -> None:
    other = member(make_tenant(), "ada", Role.OWNER)
    path = invite_by_page(owner, email="Ada@Example.com", role="viewer")
    browser = Client()
    assert f"/sign-in/?next={path.replace(':', '%3A')}" in browser.get(path).text
    assert browser.post(path, {"name": "Eve", "password": "engine no. 2"}).status_code == 200
    assert not Membership.objects.filter(user=other.user, tenant=owner.tenant).exists()

    answer = browser.post("/sign-in/", {"login": "ada", "password": PASSWORD, "next": path})
    assert answer["Location"] == path
    before = browser.cookies["sessionid"].value
    browser.post(path)

    joined = Membership.objects.get(user=other.user, tenant=owner.tenant)
    assert joined.role == Role.VIEWER
    assert Session.objects.get(user=other.user).tenant == owner.tenant
    assert browser.cookies["sessionid"].value != before


def test_somebody_else_cannot_accept_it(owner: Membership) -> None:
    path = invite_by_page(owner)
    eve = member(make_tenant(), "eve", Role.OWNER)
    browser = browser_of(eve)

    page = browser.post(path)

    assert "For somebody else" in page.text
    assert not Membership.objects.filter(user=eve.user, tenant=owner.tenant).exists()


def test_it_expires_after_a_week(owner: Membership, monkeypatch: pytest.MonkeyPatch) -> None:
    token = invitations.token_of(made(owner))
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=7, seconds=1))

    with pytest.raises(ConflictError, match="expired"):
        invitations.open_invitation(token)
    assert not invitations.pending(owner.tenant).exists()


def test_it_is_revoked_by_hand_and_by_a_newer_one(owner: Membership) -> None:
    first = made(owner)
    second = made(owner)
    assert list(invitations.pending(owner.tenant)) == [second]

    browser_of(owner).post(f"/tenant/invitations/{second.pk}/revoke/")

    for each in (first, second):
        with pytest.raises(ConflictError, match="revoked"):
            invitations.open_invitation(invitations.token_of(each))
    assert len(told("identity.invitation.revoked.v1")) == 2


@pytest.mark.parametrize("change", ["demoted", "removed", "deactivated"])
def test_who_may_not_invite_any_more_has_invited_nobody(owner: Membership, change: str) -> None:
    inviter = member(owner.tenant, "inviter", Role.ADMINISTRATOR)
    token = invitations.token_of(made(inviter))
    if change == "demoted":
        admit(user=inviter.user, tenant=owner.tenant, role=Role.VIEWER)
    elif change == "removed":
        remove_member(membership=inviter)
    else:
        inviter.user.is_active = False
        inviter.user.save()

    with pytest.raises((ConflictError, NotFoundError)):
        invitations.open_invitation(token)


def test_a_link_that_is_still_good_is_in_no_log(
    owner: Membership, caplog: pytest.LogCaptureFixture
) -> None:
    path = invite_by_page(owner)

    answer = Client(enforce_csrf_checks=True).post(path, {"name": "N", "password": PASSWORD})

    lines = [
        formatter.format(record)
        for record in caplog.records
        for formatter in (JsonFormatter(), ConsoleFormatter())
    ]
    assert answer.status_code == 403
    assert any("Forbidden (CSRF" in line and "/invitations/***/" in line for line in lines)
    assert not any(path in line for line in lines)


def test_a_link_of_our_own_making_is_told_from_others(owner: Membership) -> None:
    token = invitations.token_of(made(owner))

    for wrong in (token[:-1], token.replace(":", ";"), str(made(owner).pk), "x"):
        with pytest.raises(NotFoundError):
            invitations.open_invitation(wrong)
        assert Client().get(f"/invitations/{wrong}/").status_code == 404


@pytest.mark.parametrize("role", [Role.EDITOR, Role.VIEWER])
def test_who_does_not_administer_invites_nobody(owner: Membership, role: str) -> None:
    weak = member(owner.tenant, "weak", role)

    with pytest.raises(ForbiddenError):
        invitations.invite(by=weak, email="x@example.com", role=Role.VIEWER, site="http://x")
    answer = browser_of(weak).post("/tenant/members/invite/", {"email": "x@x.org", "role": "x"})

    assert answer.status_code == 403
    assert not Invitation.objects.exists()


def test_an_administrator_makes_no_owner(owner: Membership) -> None:
    administrator = member(owner.tenant, "administrator", Role.ADMINISTRATOR)

    with pytest.raises(ForbiddenError):
        made(administrator, Role.OWNER)
    page = browser_of(administrator).get("/tenant/members/").text

    assert '<option value="owner"' not in page.split("Invite somebody")[1]
    assert not Invitation.objects.exists()


def test_nonsense_and_members_are_not_invited(owner: Membership) -> None:
    for email, role, error in (
        ("nonsense", Role.VIEWER, InvalidInputError),
        ("x@example.com", "king", InvalidInputError),
        ("x@example.com", Role.CUSTOM, InvalidInputError),
        ("OWNER@example.com", Role.VIEWER, ConflictError),
    ):
        with pytest.raises(error):
            invitations.invite(by=owner, email=email, role=role, site="http://x")

    assert not Invitation.objects.exists()


def test_staff_revoke_an_invitation(owner: Membership) -> None:
    invitation = made(owner)
    browser = Client()
    browser.force_login(User.objects.create_superuser("root"))
    assert "new@example.com" in browser.get("/admin/identity/invitation/").text

    chosen = {"action": "revoke", "_selected_action": [str(invitation.pk)], "confirmed": "1"}
    browser.post("/admin/identity/invitation/", chosen)

    assert not invitations.pending(owner.tenant).exists()


def test_an_invitation_that_was_revoked_before_the_mail_went_is_not_sent(
    owner: Membership,
) -> None:
    browser_of(owner).post(
        "/tenant/members/invite/", {"email": "new@example.com", "role": "viewer"}
    )
    invitations.revoke_invitation(invitation_id=Invitation.objects.get().pk, by=owner)

    drain()

    assert mail.outbox == []
