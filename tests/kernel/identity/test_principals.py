"""Members, service accounts and keys: nobody gets or gives more than there was to give."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import repeat
from pathlib import Path
from threading import Barrier

import pytest
from django.contrib.auth.models import User
from django.db import connections, transaction
from django.test import RequestFactory

from kernel import clock
from kernel.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    UnauthenticatedError,
)
from kernel.identity.authentication import authenticate
from kernel.identity.keys import PATTERN, PREFIX, KeyText
from kernel.identity.lifecycle import resume_tenant, suspend_tenant
from kernel.identity.models import ApiKey, Membership, ServiceAccount, Tenant
from kernel.identity.reasons import CredentialRefusedError, Reason
from kernel.identity.recent import KEYS
from kernel.identity.scopes import KNOWN_SCOPES, Role, expanded
from kernel.identity.services import (
    admit,
    create_service_account,
    issue_key,
    remove_member,
    revoke_key,
    rotate_key,
    set_account_enabled,
)
from kernel.services import BY_NAME
from kernel.tenancy.context import Principal
from kernel.testing.tenants import make_key, make_tenant

READS = {f"{name}:read" for name in BY_NAME}
WRITES = {f"{name}:write" for name in BY_NAME}
PERSONAL = {"audit:personal", "notifications:personal"}


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    KEYS.memory.clear()


def ask(secret: str) -> Principal:
    request = RequestFactory().get("/", headers={"Authorization": f"Bearer {secret}"})
    principal = authenticate(request)
    assert principal
    return principal


def member(tenant: Tenant, role: str, name: str = "", *extra: str) -> Membership:
    user = User.objects.create_user(name or f"{role}-{User.objects.count()}")
    return admit(user=user, tenant=tenant, role=role, extra_scopes=extra)


@pytest.mark.parametrize(
    ("role", "extra", "expected"),
    [
        (Role.OWNER, (), {"*"}),
        (Role.EDITOR, (), READS | WRITES | PERSONAL),
        (Role.VIEWER, (), READS),
        (Role.VIEWER, ("audit:write",), READS | {"audit:write"}),
        (Role.CUSTOM, (), set()),
        (Role.CUSTOM, ("*:write",), WRITES),
        (Role.ADMINISTRATOR, (), KNOWN_SCOPES - {"tenant:own"}),
    ],
)
def test_a_member_may_do_what_the_role_and_the_extra_scopes_say(
    tenant: Tenant, role: str, extra: tuple[str, ...], expected: set[str]
) -> None:
    assert member(tenant, role, "m", *extra).effective_scopes == expected


def test_patterns_never_reach_a_principal(tenant: Tenant) -> None:
    principal = ask(make_key(tenant, "audit:*", "*:read", "tenant:*").secret)

    assert principal.scopes == expanded(["audit:*", "tenant:*"]) | READS
    assert not any("*" in scope for scope in principal.scopes)


@pytest.mark.parametrize("text", ["x", "septet", "Septet_test_", "sk_live_abc"])
def test_what_is_no_key_of_ours_is_called_so(text: str) -> None:
    with pytest.raises(CredentialRefusedError) as caught:
        ask(text)

    assert caught.value.reason == Reason.MALFORMED


def test_a_key_that_lost_or_changed_a_character_is_called_damaged_without_the_database() -> None:
    text = str(KeyText.new("test"))
    shorter = [text[:at] + text[at + 1 :] for at in range(len(PREFIX) + 1, len(text))]
    other = [
        text[:at] + ("1" if text[at] != "1" else "2") + text[at + 1 :]
        for at in range(len(PREFIX) + 1, len(text))
    ]

    for damaged in (
        *shorter,
        *other,
        f"{text} ",
        f"{text}\n",
        text.upper().replace("SEPTET", "septet"),
    ):
        with pytest.raises(CredentialRefusedError) as caught:
            KeyText.read(damaged, "test")
        assert caught.value.reason == Reason.DAMAGED
    assert str(KeyText.read(text, "test")) == text


def test_a_key_of_another_environment_is_called_so() -> None:
    with pytest.raises(CredentialRefusedError) as caught:
        KeyText.read(str(KeyText.new("live")), "test")

    assert caught.value.reason == Reason.OTHER_ENVIRONMENT
    assert caught.value.detail == "the key is of the environment live, this is test"


def test_a_secret_is_not_in_the_text_of_its_object() -> None:
    key = KeyText.new("test")

    assert key.secret not in repr(key)


def test_a_members_key_has_no_more_than_the_member_had_then_and_has_now(tenant: Tenant) -> None:
    editor = member(tenant, Role.EDITOR)

    with pytest.raises(ForbiddenError, match="beyond your own: tenant:admin"):
        issue_key(tenant=tenant, name="k", scopes=["audit:read", "tenant:admin"], by=editor)
    with pytest.raises(ForbiddenError):
        issue_key(tenant=tenant, name="k", scopes=["*"], by=editor)
    key, secret = issue_key(tenant=tenant, name="k", scopes=["scheduler:*"], by=editor)
    before = ask(secret).scopes
    admit(user=editor.user, tenant=tenant, role=Role.VIEWER)
    after = ask(secret).scopes

    assert ApiKey.objects.get().created_by == editor.user
    assert before == {"scheduler:read", "scheduler:write"}
    assert after == {"scheduler:read"}
    remove_member(membership=editor)
    with pytest.raises(UnauthenticatedError):
        ask(secret)
    assert not ApiKey.objects.filter(pk=key.pk).exists()


def test_the_keys_of_a_person_who_was_locked_open_nothing(tenant: Tenant) -> None:
    editor = member(tenant, Role.EDITOR)
    _, secret = issue_key(tenant=tenant, name="k", scopes=["audit:read"], by=editor)
    User.objects.filter(pk=editor.user_id).update(is_active=False)

    with pytest.raises(UnauthenticatedError):
        ask(secret)


def test_the_keys_of_an_account_outlast_who_made_them_and_have_no_more_than_it(
    tenant: Tenant,
) -> None:
    member(tenant, Role.OWNER)
    boss = member(tenant, Role.ADMINISTRATOR)
    account = create_service_account(tenant=tenant, name="robot", scopes=["files:*"], by=boss)

    with pytest.raises(ForbiddenError, match="beyond the service account's"):
        issue_key(tenant=tenant, name="k", scopes=["audit:read"], service_account=account, by=boss)
    _, secret = issue_key(
        tenant=tenant, name="k", scopes=["files:read"], service_account=account, by=boss
    )
    remove_member(membership=boss)

    assert ask(secret).scopes == {"files:read"}
    set_account_enabled(account=account, enabled=False)
    with pytest.raises(UnauthenticatedError):
        ask(secret)
    set_account_enabled(account=account, enabled=True)
    assert ask(secret).scopes == {"files:read"}


def test_nobody_gets_more_by_way_of_an_account(tenant: Tenant) -> None:
    boss, editor = member(tenant, Role.ADMINISTRATOR), member(tenant, Role.EDITOR)
    strong = create_service_account(tenant=tenant, name="strong", scopes=["*"])
    weak = create_service_account(tenant=tenant, name="weak", scopes=["audit:read"])

    with pytest.raises(ForbiddenError):
        create_service_account(tenant=tenant, name="x", scopes=["*"], by=boss)
    with pytest.raises(ForbiddenError):
        create_service_account(tenant=tenant, name="x", scopes=["audit:read"], by=editor)
    with pytest.raises(ForbiddenError):
        issue_key(tenant=tenant, name="k", scopes=["*"], service_account=strong, by=boss)
    with pytest.raises(ForbiddenError):
        issue_key(tenant=tenant, name="k", scopes=["audit:read"], service_account=weak, by=editor)
    with pytest.raises(InvalidInputError, match="no service account of"):
        issue_key(tenant=make_tenant(), name="k", scopes=["audit:read"], service_account=weak)

    assert ServiceAccount.objects.count() == 2
    assert ApiKey.objects.count() == 0


def test_an_administrator_makes_no_owner_and_touches_none(tenant: Tenant) -> None:
    owner, boss = member(tenant, Role.OWNER), member(tenant, Role.ADMINISTRATOR)
    somebody = User.objects.create_user("somebody")

    for user, role in ((somebody, Role.OWNER), (owner.user, Role.VIEWER), (boss.user, Role.OWNER)):
        with pytest.raises(ForbiddenError):
            admit(user=user, tenant=tenant, role=role, by=boss)
    with pytest.raises(ForbiddenError):
        remove_member(membership=owner, by=boss)
    made = admit(user=somebody, tenant=tenant, role=Role.ADMINISTRATOR, by=boss)
    with pytest.raises(ForbiddenError):
        admit(user=boss.user, tenant=tenant, role=Role.VIEWER, by=member(tenant, Role.EDITOR))

    assert made.role == Role.ADMINISTRATOR
    assert Membership.objects.get(pk=owner.pk).role == Role.OWNER


def test_a_tenant_keeps_one_owner(tenant: Tenant) -> None:
    first = member(tenant, Role.OWNER)

    with pytest.raises(ConflictError, match="keeps one owner"):
        remove_member(membership=first, by=first)
    with pytest.raises(ConflictError, match="keeps one owner"):
        admit(user=first.user, tenant=tenant, role=Role.EDITOR)
    second = member(tenant, Role.OWNER)
    remove_member(membership=first, by=first)

    assert [one.pk for one in Membership.objects.all()] == [second.pk]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("leaves", [True, False])
def test_of_two_owners_who_go_at_once_one_stays_and_is_told_why(leaves: bool) -> None:
    tenant = make_tenant()
    people = [member(tenant, Role.OWNER).user for _ in range(2)]

    def go(user: User, start: Barrier) -> str:
        own = Membership.objects.get(user=user)
        start.wait()
        try:
            if leaves:
                remove_member(membership=own, by=own)
            else:
                admit(user=user, tenant=tenant, role=Role.VIEWER, by=own)
        except ConflictError:
            return "told"
        finally:
            connections.close_all()
        return "gone"

    for _ in range(5):
        for person in people:
            admit(user=person, tenant=tenant, role=Role.OWNER)
        with ThreadPoolExecutor() as pool:
            results = pool.map(go, people, repeat(Barrier(2)))
            assert sorted(results) == ["gone", "told"]
        assert tenant.memberships.filter(role=Role.OWNER).count() == 1


def test_a_role_that_there_is_not_is_refused(tenant: Tenant) -> None:
    with pytest.raises(InvalidInputError, match="a role is one of owner"):
        member(tenant, "emperor")


def test_a_rotated_keys_old_secret_is_good_for_the_chosen_time_only(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    credential = make_key(tenant, "audit:read")
    start = clock.now()

    key, new = rotate_key(key_id=credential.key.pk, overlap=timedelta(hours=1))

    assert key.pk == credential.key.pk
    assert new != credential.secret
    assert ask(new) == ask(credential.secret)
    monkeypatch.setattr(clock, "now", lambda: start + timedelta(hours=1, seconds=1))
    ask(new)
    with pytest.raises(UnauthenticatedError):
        ask(credential.secret)


def test_a_key_rotated_without_overlap_or_twice_opens_by_the_newest_secrets_only(
    tenant: Tenant,
) -> None:
    first = make_key(tenant, "audit:read")
    _, second = rotate_key(key_id=first.key.pk)
    _, third = rotate_key(key_id=first.key.pk)

    with pytest.raises(UnauthenticatedError):
        ask(first.secret)
    assert ask(second) == ask(third)
    _, fourth = rotate_key(key_id=first.key.pk, overlap=timedelta())
    for old in (second, third):
        with pytest.raises(UnauthenticatedError):
            ask(old)
    assert ask(fourth).tenant_id == tenant.pk


def test_what_opens_nothing_is_not_rotated(tenant: Tenant) -> None:
    revoked, expired = make_key(tenant), make_key(tenant)
    revoke_key(key_id=revoked.key.pk)
    ApiKey.objects.filter(pk=expired.key.pk).update(expires_at=clock.now())

    for credential in (revoked, expired):
        with pytest.raises(ConflictError, match="opens nothing any more"):
            rotate_key(key_id=credential.key.pk)
    with pytest.raises(InvalidInputError, match="an overlap is 0 to 30 days"):
        rotate_key(key_id=make_key(tenant).key.pk, overlap=timedelta(days=31))


def test_a_member_touches_only_keys_of_the_own_and_an_administrator_those_of_the_tenant(
    tenant: Tenant,
) -> None:
    editor, other = member(tenant, Role.EDITOR), member(tenant, Role.EDITOR)
    boss, stranger = member(tenant, Role.ADMINISTRATOR), member(make_tenant(), Role.OWNER)
    key, _ = issue_key(tenant=tenant, name="k", scopes=["audit:read"], by=editor)

    for somebody in (other, stranger):
        with pytest.raises(NotFoundError):
            revoke_key(key_id=key.pk, by=somebody)
        with pytest.raises(NotFoundError):
            rotate_key(key_id=key.pk, by=somebody)
    rotate_key(key_id=key.pk, by=editor)
    revoke_key(key_id=key.pk, by=boss)

    assert ApiKey.objects.get(pk=key.pk).revoked_at is not None


def test_nobody_gets_more_by_rotating_a_key(tenant: Tenant) -> None:
    owner, boss = member(tenant, Role.OWNER), member(tenant, Role.ADMINISTRATOR)
    strong = create_service_account(tenant=tenant, name="strong", scopes=["*"])
    of_owner, _ = issue_key(tenant=tenant, name="own", scopes=["*"], by=owner)
    of_editor, _ = issue_key(
        tenant=tenant, name="other", scopes=["audit:read"], by=member(tenant, Role.EDITOR)
    )
    of_account, _ = issue_key(
        tenant=tenant, name="account's", scopes=["*"], service_account=strong, by=owner
    )
    of_tenant = make_key(tenant, "tenant:own").key

    for key in (of_owner, of_editor, of_account, of_tenant):
        with pytest.raises(ForbiddenError):
            rotate_key(key_id=key.pk, by=boss)
    weak, _ = issue_key(
        tenant=tenant, name="weak", scopes=["audit:read"], service_account=strong, by=owner
    )
    rotate_key(key_id=weak.pk, by=boss)
    rotate_key(key_id=of_account.pk, by=owner)

    assert not ApiKey.objects.filter(
        pk__in=[of_owner.pk, of_editor.pk, of_tenant.pk], rotated_at__isnull=False
    ).exists()


@pytest.mark.django_db(transaction=True)
def test_a_suspended_tenant_is_shut_out_until_it_is_resumed() -> None:
    tenant = make_tenant()
    secret = make_key(tenant).secret
    before = ask(secret)

    with transaction.atomic():
        suspend_tenant(tenant_id=tenant.pk)
    with pytest.raises(UnauthenticatedError):
        ask(secret)
    resume_tenant(tenant_id=tenant.pk)

    assert ask(secret) == before


def test_the_expression_for_secret_scanners_is_the_published_one_and_finds_keys() -> None:
    published = re.search(r"^septet_\(.*$", Path("docs/identity.md").read_text(), re.MULTILINE)
    text = str(KeyText.new("live"))

    assert published
    assert published.group() == PATTERN
    assert re.findall(published.group(), f"key = '{text}'") == [text]
