"""Data subjects in archives: holds there count too, and restored logs are found by them again."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from apps.audit.adapters import stores
from apps.audit.domain.entries import Actor, Personal
from apps.audit.domain.search import subject_token
from apps.audit.errors import HeldError
from apps.audit.models import Archive, AuditLog, LegalHold
from apps.audit.selectors import holds
from apps.audit.selectors.subjects import key_of_subject, logs_under_key
from apps.audit.services import erasing
from apps.audit.services.erasing import erase_subject
from apps.audit.services.holds import place_hold, release_hold
from apps.audit.services.restoring import restore_archive, restore_logs
from apps.audit.services.retaining import retain
from kernel.identity.models import Tenant
from kernel.storage.local import LocalStorage
from kernel.tenancy.context import in_tenant
from kernel.testing.tenants import make_tenant
from tests.audit.archiving import a_policy, recorded

PERSONAL = (
    Personal(subject="person-ada", fields=("/actor/name",)),
    Personal(subject="person-bob", fields=("/targets/0/name",)),
)


@pytest.fixture(autouse=True)
def store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made = LocalStorage(tmp_path / "files")
    monkeypatch.setattr(stores, "storage", lambda: made)
    monkeypatch.setattr(settings, "AUDIT_CHECKPOINT_FOLDER", tmp_path / "checkpoints")


@pytest.fixture
def logs(tenant: Tenant) -> list[AuditLog]:
    """Logs of Ada and Bob that are in an archive alone, and others beside them."""
    told = recorded(3, actor=Actor(type="user", id="u-7", name="Ada"), personal=PERSONAL)
    others = recorded(2, action="other.done")
    a_policy()
    retain()
    assert not AuditLog.objects.filter(pk__in=[log.pk for log in told + others]).exists()
    return told


def a_hold(**query: Any) -> LegalHold:
    return place_hold(name="Case 7", reason="the court asked for it", query=query)


def key_id(subject: str = "person-ada") -> Any:
    key = key_of_subject(subject)
    assert key is not None
    return key.pk


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"actor_id": "u-7"},
        {"actions": ["step.1"]},
        {"text": "word1"},
        {"metadata": {"number": 2}},
        {"target_id": "i-0"},
    ],
)
def test_a_hold_on_archived_logs_alone_lets_nobody_in_them_be_erased(
    logs: list[AuditLog], query: dict[str, Any]
) -> None:
    hold = a_hold(**query)

    assert erase_subject(subject="person-ada", dry_run=True).held_by == ("Case 7",)
    with pytest.raises(HeldError, match="held by Case 7"):
        erase_subject(subject="person-ada")
    assert key_of_subject("person-ada") is not None
    assert not AuditLog.objects.filter(action="audit.subject.erased").exists()

    release_hold(id=str(hold.pk), reason="settled")
    assert erase_subject(subject="person-ada").erased_at is not None
    assert key_of_subject("person-ada") is None


def test_a_hold_on_the_one_subject_holds_the_other_in_the_same_logs(logs: list[AuditLog]) -> None:
    a_hold(subject_key=key_id("person-bob").hex)

    with pytest.raises(HeldError):
        erase_subject(subject="person-ada")


@pytest.mark.parametrize("query", [{"actions": ["other.done"]}, {"text": "nothing of it"}])
def test_a_hold_on_other_archived_logs_holds_nobody(
    logs: list[AuditLog], query: dict[str, Any]
) -> None:
    a_hold(**query)

    assert erase_subject(subject="person-ada").erased_at is not None


def test_a_hold_of_another_tenant_holds_nobody_here(logs: list[AuditLog]) -> None:
    with in_tenant(make_tenant().pk):
        a_hold()

    assert erase_subject(subject="person-ada").erased_at is not None


def test_a_hold_that_is_placed_while_archives_are_read_counts(
    logs: list[AuditLog], monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = []

    def look(key: Any, free: set[holds.Pair]) -> list[LegalHold]:
        found = holds.holds_in_archives(key, free)
        looked.append(len(free))
        if len(looked) == 1:
            a_hold(actor_id="u-7")
        return found

    monkeypatch.setattr(erasing, "holds_in_archives", look)

    with pytest.raises(HeldError):
        erase_subject(subject="person-ada")

    assert len(looked) == 2
    assert key_of_subject("person-ada") is not None


def test_what_was_looked_at_is_not_read_again(logs: list[AuditLog]) -> None:
    a_hold(actions=["other.done"])
    free: set[holds.Pair] = set()

    assert holds.holds_in_archives(key_id(), free) == []

    assert free == holds.pairs_to_look_at()
    assert len(free) == Archive.objects.count()
    Archive.objects.update(size_bytes=0)  # A reader would find no file of this size.
    assert holds.holds_in_archives(key_id(), free) == []


def test_restored_logs_are_found_by_their_subjects_again(logs: list[AuditLog]) -> None:
    assert not logs_under_key(key_id()).exists()

    for archive in Archive.objects.all():
        restore_archive(id=str(archive.pk), days=3)
        archive.refresh_from_db()
        restore_logs(archive)

    ids = {log.pk for log in logs}
    for subject in ("person-ada", "person-bob"):
        assert {log.pk for log in logs_under_key(key_id(subject))} == ids
    for log in AuditLog.objects.filter(pk__in=ids):
        keys = {one["key"].replace("-", "") for one in (log.sealed or {}).values()}
        assert len(keys) == 2
        assert {subject_token(key) for key in keys} <= set(log.words.split(" "))
    assert erase_subject(subject="person-ada").logs == 3
