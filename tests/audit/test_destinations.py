"""Where checkpoints go beside the folder: a store of bytes, and a webhook that is told of them."""

import base64
import hmac
import json
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from apps.audit.adapters import destinations as adapter
from apps.audit.adapters.away import Store, Webhook
from apps.audit.adapters.destinations import Folder, destinations
from apps.audit.checks import checkpoints_go_somewhere
from apps.audit.models import Checkpoint, SubjectKey
from apps.audit.services.erasing import erase_again, erase_subject
from apps.audit.services.publishing import keep_tombstone, publish_checkpoint
from apps.audit.services.recording import record_all
from apps.audit.services.sealing import seal_log
from apps.audit.services.verification import verify_log
from contracts.webhooks import new_secret
from kernel import clock
from kernel.errors import DomainError
from kernel.identity.models import Tenant
from kernel.storage.local import LocalStorage
from tests.audit.factories import an_entry, forge
from tests.audit.receivers import receiver
from tests.audit.test_personal import of_ada

SECRET = new_secret(b"w" * 32)


def notes_of(store: Store, log: str) -> list[str]:
    return [one.note for one in store.published(log)]


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Store:
    """A store beside the folder, as the settings choose it."""
    made = Store(LocalStorage(tmp_path / "bucket"))
    monkeypatch.setattr(adapter, "in_bucket", lambda _address: made)
    monkeypatch.setattr(settings, "AUDIT_CHECKPOINT_FOLDER", tmp_path / "checkpoints")
    monkeypatch.setattr(settings, "AUDIT_CHECKPOINTS_TO", "s3://bucket/of-another-account")
    return made


def sealed(count: int = 1) -> None:
    record_all([an_entry() for _ in range(count)])
    seal_log()


def test_a_store_gives_back_what_was_published_in_its_order(tmp_path: Path) -> None:
    kept, now = Store(LocalStorage(tmp_path)), clock.now()
    notes = [f"note {number}\n" for number in range(1, 12)]

    for number, note in enumerate(notes):
        kept.publish("a", number, now, note)
        kept.publish("a", number, now, note)
    kept.publish("b", 1, now, "another log\n")

    assert notes_of(kept, "a") == notes
    assert notes_of(Store(LocalStorage(tmp_path)), "b") == ["another log\n"]
    assert list(kept.published("c")) == []


def test_a_store_is_asked_a_few_times_however_much_it_has(tmp_path: Path) -> None:
    class Counted(LocalStorage):
        asked = 0

        def exists(self, key: str) -> bool:
            self.asked += 1
            return super().exists(key)

    inner = Counted(tmp_path)
    kept = Store(inner)
    for number in range(1, 201):
        inner.save(kept._key("a", number), BytesIO(b"note"))

    kept.publish("a", 300, clock.now(), "the last one")

    assert inner.asked <= 20
    assert len(list(kept.published("a"))) == 201


def test_checkpoints_go_to_the_store_too_and_the_log_is_held_to_them(
    tenant: Tenant, store: Store
) -> None:
    sealed(3)
    publish_checkpoint()
    sealed(2)
    publish_checkpoint()
    for file in settings.AUDIT_CHECKPOINT_FOLDER.rglob("*.txt"):
        file.unlink()

    assert notes_of(store, str(tenant.pk)) == list(
        Checkpoint.objects.order_by("number").values_list("note", flat=True)
    )
    assert verify_log().problem == ""

    for table in ("auditlogtarget", "auditlog", "leaf", "tile", "checkpoint", "loghead"):
        forge(f"DELETE FROM audit_{table}")
    forge("DELETE FROM audit_unsealed")
    sealed(5)
    assert verify_log().problem == (
        f"the published checkpoint {next(store.published(str(tenant.pk))).name}"
        " signs another tree than its 3 leaves"
    )


def test_what_was_erased_is_kept_in_the_store_too(tenant: Tenant, store: Store) -> None:
    record_all([of_ada()])
    key = SubjectKey.objects.get()
    secret, index = key.secret, key.subject_index
    erase_subject(subject="person-ada")
    for _ in range(2):
        keep_tombstone(key.pk)
    assert list(store.erased(str(tenant.pk))) == [key.pk]
    for file in settings.AUDIT_CHECKPOINT_FOLDER.rglob("*-*-*-*-*"):
        if file.is_file():
            file.unlink()
    # A backup from before is restored.
    forge("DELETE FROM audit_subjectkey")
    SubjectKey.objects.bulk_create([SubjectKey(pk=key.pk, secret=secret, subject_index=index)])

    assert list(erase_again()) == [key.pk]
    assert SubjectKey.objects.get().secret is None


def test_when_one_place_fails_the_others_are_told_all_the_same(
    tenant: Tenant, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed()

    def refuse(*_: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(Folder, "publish", refuse)

    with pytest.raises(OSError, match="the disk is full"):
        publish_checkpoint()

    assert len(list(store.published(str(tenant.pk)))) == 1


@pytest.mark.parametrize("status", [204, 503])
def test_a_webhook_is_told_of_a_checkpoint_that_it_can_check(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, status: int
) -> None:
    sealed()
    monkeypatch.setattr(settings, "AUDIT_CHECKPOINT_FOLDER", tmp_path)
    with receiver(status) as (place, heard):
        monkeypatch.setattr(settings, "OUTBOUND_ALLOWED", (place,))
        monkeypatch.setattr(settings, "AUDIT_CHECKPOINTS_TO", f"http://{place}/in#{SECRET}")
        if status == 204:
            publish_checkpoint()
        else:
            with pytest.raises(DomainError, match="the webhook of checkpoints answers 503"):
                publish_checkpoint()

    ((headers, body),) = heard
    told = json.loads(body)
    last = Checkpoint.objects.get()
    assert told["type"] == "audit.checkpoint"
    assert told["data"] == {"log": str(tenant.pk), "number": 1, "note": last.note}
    signed = f"{headers['Webhook-Id']}.{headers['Webhook-Timestamp']}.".encode() + body
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    assert headers["Webhook-Signature"] == f"v1,{expected}"
    assert headers["Webhook-Id"] == f"{tenant.pk}-1"


@pytest.mark.parametrize(
    "address", ["https://a.example/in", "https://a.example/in#short", "ftp://a#" + SECRET]
)
def test_a_place_without_sense_is_named(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setattr(settings, "AUDIT_CHECKPOINTS_TO", address)

    with pytest.raises(ImproperlyConfigured, match="AUDIT_CHECKPOINTS_TO reads") as refused:
        destinations()

    assert SECRET not in str(refused.value)
    monkeypatch.setattr(
        settings, "AUDIT_CHECKPOINTS_TO", f"https://good.example/in#{SECRET},{address}"
    )
    (error,) = checkpoints_go_somewhere()
    assert error.id == "septet.E070"
    assert error.msg == (
        f"AUDIT_CHECKPOINTS_TO: number 2, {address.partition('#')[0]}, is no place for checkpoints"
    )
    assert SECRET not in str(error)


def test_a_webhook_has_no_part_in_erasures() -> None:
    told = Webhook("https://a.example", SECRET)

    told.bury("a", uuid4())

    assert (list(told.published("a")), list(told.erased("a"))) == ([], [])
