"""Bytes that several files have: kept once in a tenant, judged once, gone with the last."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import transaction

from apps.files.adapters.scanners import Verdict
from apps.files.models import Blob, File, FileState, FileVersion
from apps.files.services import delete_file
from apps.files.services.blobs import judge
from apps.files.services.quotas import lock_usage
from contracts.files import FileScanned
from kernel.identity.models import Tenant
from kernel.tenancy.context import in_tenant
from kernel.testing.events import published
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_tenant
from tests.files.library import clean, together, uploaded, used

pytestmark = pytest.mark.usefixtures("tenant", "folder")


def kept(folder: Path) -> list[bytes]:
    return sorted(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_file_has_a_first_version_of_what_came() -> None:
    file = clean(b"hello")

    version = FileVersion.objects.get()
    assert (version.file, version.number, version.blob) == (file, 1, file.blob)
    assert (version.author_type, version.content_type) == ("system", file.content_type)
    assert file.blob is not None
    assert (file.blob.state, file.blob.size_bytes) == ("clean", 5)


def test_the_same_bytes_are_kept_once_and_take_room_once(folder: Path) -> None:
    first, second = clean(b"hello", name="a"), clean(b"hello", name="b")
    other = clean(b"world", name="c")
    drain()

    assert first.blob == second.blob != other.blob
    assert (kept(folder), used()) == ([b"hello", b"world"], 10)
    assert [version.blob for version in FileVersion.objects.order_by("file__name")] == [
        first.blob,
        first.blob,
        other.blob,
    ]
    told = [event for event in published() if isinstance(event, FileScanned)]
    assert [event.file_id for event in told] == [str(f.pk) for f in (first, second, other)]


def test_bytes_go_with_the_last_file_that_has_them(folder: Path) -> None:
    first, second = clean(b"hello", name="a"), clean(b"hello", name="b")
    drain()

    delete_file(id=str(first.pk))
    drain()
    assert (kept(folder), used(), Blob.objects.count()) == ([b"hello"], 5, 1)

    delete_file(id=str(second.pk))
    assert (used(), Blob.objects.count()) == (0, 0)
    drain()
    assert kept(folder) == []


def test_two_tenants_never_share_bytes(folder: Path, tenant: Tenant) -> None:
    clean(b"hello")
    with in_tenant(make_tenant().pk):
        clean(b"hello")
        assert used() == 5
    drain()

    assert kept(folder) == [b"hello", b"hello"]
    assert len(set(Blob.across_tenants.values_list("tenant_id", flat=True))) == 2


def test_what_is_not_clean_is_not_shared_with_what_is(folder: Path) -> None:
    clean(b"hello", name="a")
    second = uploaded(b"hello", name="b")
    with transaction.atomic():
        lock_usage()
        judge(Blob.objects.get(files=second), Verdict("infected", "Found"), scanner="other")

    second.refresh_from_db()
    assert (second.state, second.finding, Blob.objects.count()) == ("infected", "Found", 2)


def test_all_files_of_a_blob_show_its_verdict() -> None:
    files = [clean(b"hello", name=name) for name in "ab"]
    with transaction.atomic():
        lock_usage()
        judge(Blob.objects.get(), Verdict("infected", "New signature"), scanner="later")

    rows = File.objects.filter(pk__in=[file.pk for file in files])
    assert set(rows.values_list("state", "scanner", "finding")) == {
        ("infected", "later", "New signature")
    }
    assert {event.file_id for event in published()[-2:] if isinstance(event, FileScanned)} == {
        str(file.pk) for file in files
    }


def judged(blob: Blob) -> Callable[[], None]:
    @transaction.atomic
    def work() -> None:
        lock_usage()
        judge(Blob.objects.get(pk=blob.pk), Verdict("clean"), scanner="test")

    return work


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_verdicts_at_once_on_the_same_bytes_lose_neither(tenant: Tenant, folder: Path) -> None:
    for _ in range(5):
        sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
        files = [uploaded(b"hello", name=name, sha256=sha256) for name in "abcd"]
        blobs = [Blob.objects.get(files=file) for file in files]

        assert together(tenant, *(judged(blob) for blob in blobs)) == []

        assert Blob.objects.count() == 1
        assert used() == 5
        drain()
        assert kept(folder) == [b"hello"]
        assert set(File.objects.values_list("state", flat=True)) == {FileState.CLEAN}
        for file in files:
            delete_file(id=str(file.pk))
        drain()
        assert (used(), kept(folder)) == (0, [])


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_one_goes_while_another_joins_it(tenant: Tenant, folder: Path) -> None:
    for _ in range(5):
        first = clean(b"hello", name="a")
        second = uploaded(b"hello", name="b", sha256=first.sha256)
        joins = judged(Blob.objects.get(files=second))

        assert together(tenant, lambda: delete_file(id=str(first.pk)), joins) == []  # noqa: B023

        drain()
        assert (kept(folder), used(), Blob.objects.count()) == ([b"hello"], 5, 1)
        second.refresh_from_db()
        assert second.blob == Blob.objects.get()
        delete_file(id=str(second.pk))
        drain()
