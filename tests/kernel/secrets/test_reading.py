"""Reading a secret: on record before it is returned."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction

from kernel.events.models import OutboxEvent
from kernel.events.publishing import publish
from kernel.secrets import reading
from kernel.secrets.errors import SecretUnreadableError
from kernel.secrets.reading import read_secret
from kernel.testing.tenants import make_tenant
from tests.kernel.secrets.vaults import Vault


@pytest.mark.django_db
def test_who_is_shown_a_secret_is_on_record() -> None:
    vault = Vault.objects.create(token="plain")

    assert read_secret(vault, "token", purpose="shown to staff") == "plain"

    event = OutboxEvent.objects.get()
    assert (event.type, event.tenant_id) == ("identity.secret.read.v1", None)
    assert event.envelope().data == {
        "secret_id": f"kernel.vault/{vault.pk}/token",
        "name": f"token of vault {vault.pk}",
        "owner": "platform",
        "purpose": "shown to staff",
    }


@pytest.mark.django_db
def test_the_record_is_of_the_tenant_that_the_row_is_of() -> None:
    tenant = make_tenant()
    vault = Vault.objects.create(token="plain")
    vault.tenant_id = tenant.pk  # type: ignore[attr-defined]

    read_secret(vault, "token", purpose="test")

    assert OutboxEvent.objects.get().tenant_id == tenant.pk


@pytest.fixture
def vault(transactional_db: None) -> Iterator[Vault]:
    """A row that is committed, of a table that is not emptied with those of apps."""
    yield Vault.objects.create(token="plain")
    Vault.objects.all().delete()


def test_it_is_returned_after_the_record_is_committed(
    monkeypatch: pytest.MonkeyPatch, vault: Vault
) -> None:
    seen = []

    def publish_and_look(*args: Any, **kwargs: Any) -> None:
        transaction.on_commit(lambda: seen.append(connection.in_atomic_block))
        publish(*args, **kwargs)

    monkeypatch.setattr(reading, "publish", publish_and_look)

    assert read_secret(vault, "token", purpose="test") == "plain"

    assert seen == [False]


def test_without_a_record_there_is_no_secret(
    monkeypatch: pytest.MonkeyPatch, vault: Vault
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(reading, "publish", fail)

    with pytest.raises(OSError, match="disk full"):
        read_secret(vault, "token", purpose="test")


def test_nobody_is_shown_a_secret_inside_a_transaction(vault: Vault) -> None:
    with transaction.atomic():
        with pytest.raises(RuntimeError, match="durable"):
            read_secret(vault, "token", purpose="test")
        assert read_secret(vault, "token", purpose="signing", shown=False) == "plain"
    assert not OutboxEvent.objects.exists()


@pytest.mark.django_db
def test_a_secret_that_does_not_open_was_not_shown() -> None:
    vault, other = Vault.objects.create(token="plain"), Vault.objects.create(token="other")
    vault.token = other.token

    with pytest.raises(SecretUnreadableError):
        read_secret(vault, "token", purpose="test")
    assert not OutboxEvent.objects.exists()


@pytest.mark.django_db
def test_a_log_line_says_what_for(caplog: Any) -> None:
    vault = Vault.objects.create(token="plain")

    with caplog.at_level("INFO", "septet.secrets"):
        read_secret(vault, "token", purpose="signing a webhook", shown=False)

    told = vars(caplog.records[-1])
    assert (told["secret"], told["row"], told["purpose"], told["shown"]) == (
        "kernel.Vault.token",
        str(vault.pk),
        "signing a webhook",
        False,
    )
    assert "plain" not in str(told)


@pytest.mark.django_db
def test_a_secret_that_is_used_all_the_time_is_logged_once_a_minute(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    vault, now = Vault.objects.create(token="plain"), [1_000.0]
    monkeypatch.setattr(reading, "monotonic", lambda: now[0])
    caplog.set_level("INFO", "septet.secrets")

    for seconds in (0.0, 1.0, 58.0, 1.0):
        now[0] += seconds
        read_secret(vault, "token", purpose="signing", shown=False)
    read_secret(vault, "token", purpose="another", shown=False)

    logged = [(vars(one)["purpose"], vars(one)["times"]) for one in caplog.records]
    assert logged == [("signing", 1), ("signing", 3), ("another", 1)]
