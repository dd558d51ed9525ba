"""Keys of environments: shown once, good for their environment and for nothing else."""

from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from apps.config.models import EnvironmentKey, KeyKind
from apps.config.selectors import keys
from apps.config.selectors.keys import KnownKeys, is_environment_key, opened_by
from apps.config.services.environments import default
from apps.config.services.keys import (
    create_environment_key,
    revoke_environment_key,
    rotate_environment_key,
)
from kernel import clock
from kernel.errors import ConflictError, InvalidInputError, UnauthenticatedError
from kernel.identity.lifecycle import suspend_tenant
from kernel.identity.models import Tenant
from kernel.testing.graphql import GraphQLClient

pytestmark = [pytest.mark.usefixtures("tenant"), pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "known_keys", KnownKeys())


def make(kind: KeyKind = KeyKind.SERVER) -> tuple[EnvironmentKey, str]:
    return create_environment_key(environment_id=str(default().pk), name="web", kind=kind)


@pytest.mark.parametrize("kind", KeyKind)
def test_a_key_opens_its_environment(kind: KeyKind, tenant: Tenant) -> None:
    key, text = make(kind)

    opened = opened_by(text)

    assert is_environment_key(text)
    assert (opened.tenant_id, opened.environment_id) == (tenant.pk, default().pk)
    assert (opened.kind, opened.key_id) == (kind, key.pk)
    assert text.split("_")[3][:64] not in repr(vars(key))


def test_a_known_key_asks_no_database() -> None:
    _, text = make()
    opened_by(text)

    with CaptureQueriesContext(connection) as queries:
        for _ in range(100):
            opened_by(text)

    assert len(queries) == 0


def test_what_is_no_good_key_opens_nothing() -> None:
    key, text = make()
    server = text.replace("septet_server_", "septet_client_")
    other = text[:-20] + ("0" if text[-20] != "0" else "1") + text[-19:]

    for bad in ("", "x", server, other, text[:-1], "septet_server_" + "0" * 88):
        with pytest.raises(UnauthenticatedError):
            opened_by(bad)
    assert opened_by(text).key_id == key.pk


def test_a_revoked_key_opens_nothing_from_then_on() -> None:
    key, text = make()
    opened_by(text)

    for _ in range(2):
        revoke_environment_key(id=str(key.pk))

    keys.known_keys.forget(key.prefix)
    with pytest.raises(UnauthenticatedError):
        opened_by(text)
    with pytest.raises(ConflictError):
        rotate_environment_key(id=str(key.pk))


def test_an_expired_key_opens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    now = clock.now()
    _, text = create_environment_key(
        environment_id=str(default().pk), name="web", expires_at=now + timedelta(hours=1)
    )
    opened_by(text)

    monkeypatch.setattr(clock, "now", lambda: now + timedelta(hours=1))

    with pytest.raises(UnauthenticatedError):
        opened_by(text)
    with pytest.raises(InvalidInputError, match="expiresAt is in the past"):
        create_environment_key(environment_id=str(default().pk), name="web", expires_at=now)


def test_a_rotated_key_has_both_secrets_for_as_long_as_was_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    key, before = make()
    now = clock.now()

    _, after = rotate_environment_key(id=str(key.pk), grace_seconds=60)
    keys.known_keys.forget(key.prefix)
    both = [opened_by(text).key_id for text in (before, after)]
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(seconds=61))

    assert both == [key.pk, key.pk]
    assert opened_by(after).key_id == key.pk
    with pytest.raises(UnauthenticatedError):
        opened_by(before)


def test_the_keys_of_a_suspended_tenant_open_nothing(tenant: Tenant) -> None:
    _, text = make()
    suspend_tenant(tenant_id=tenant.pk)

    with pytest.raises(UnauthenticatedError):
        opened_by(text)


def test_a_key_in_use_is_good_while_the_database_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, text = make()
    opened_by(text)
    monkeypatch.setattr(keys, "CHECK_SECONDS", 0.0)
    monkeypatch.setattr(keys, "_load", _gone)

    assert opened_by(text).kind == KeyKind.SERVER


def _gone(_prefix: str) -> None:
    raise OperationalError("connection refused")


def test_a_key_of_an_environment_is_none_of_the_platform() -> None:
    _, text = make()

    answer = GraphQLClient(text, "/config/graphql")("{ featureFlags { totalCount } }")

    assert answer.codes == ["UNAUTHENTICATED"]
