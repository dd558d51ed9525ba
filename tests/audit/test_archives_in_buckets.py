"""Archives in a bucket of a real server, also of one that lets nobody delete them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError
from django.conf import settings

from apps.audit.adapters.stores import archive_store
from apps.audit.domain.queries import LogQuery
from apps.audit.domain.receipts import check_receipt
from apps.audit.models import Archive, ArchiveState, AuditLog
from apps.audit.selectors.archived import ArchiveSearch, logs_by_id
from apps.audit.selectors.integrity import keys_of_log, receipt_for
from apps.audit.services.restoring import restore_archive, restore_logs
from apps.audit.services.retaining import retain
from apps.audit.services.verification import verify_log
from kernel import clock
from kernel.identity.models import Tenant
from kernel.storage import storage_at
from kernel.storage.s3 import S3Storage
from tests.audit.archiving import MARCH, a_policy, recorded
from tests.devservices.fixtures import Servers

pytestmark = pytest.mark.live


@pytest.fixture
def bucket(
    servers: Servers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[tuple[Any, str]]:
    """A bucket with Object Lock, in which archives go: its client and its name."""
    variables = servers.up("s3")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, variables[name])
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", variables["S3_ENDPOINT_URL"])
    name = f"archives-{uuid4().hex[:12]}"
    monkeypatch.setattr(settings, "AUDIT_ARCHIVE", f"s3://{name}/audit")
    monkeypatch.setattr(settings, "AUDIT_CHECKPOINT_FOLDER", tmp_path / "checkpoints")
    store = archive_store()
    assert isinstance(store, S3Storage)
    client = store._client
    client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    yield client, name
    storage_at.cache_clear()


def archived(count: int) -> tuple[list[AuditLog], Archive]:
    logs = recorded(count)
    a_policy()
    assert retain().removed == 1
    return logs, Archive.objects.get()


def test_logs_go_into_a_bucket_are_found_and_proved_there_and_come_back(
    tenant: Tenant, bucket: tuple[Any, str]
) -> None:
    logs, archive = archived(30)
    assert archive.state == ArchiveState.ARCHIVED
    assert not AuditLog.objects.filter(action__startswith="step.").exists()

    found = ArchiveSearch(LogQuery.of({"text": "word17"})).page(None, 10, descending=True)
    assert [one.pk for one in found] == [logs[17].pk]
    assert ArchiveSearch(LogQuery.of({"actor_id": "u-1"})).count() == 15
    assert logs_by_id([logs[3].pk])[logs[3].pk].told() == bytes(logs[3].record)
    receipt = receipt_for(logs[3].pk)
    assert check_receipt(receipt, [key for key, _ in keys_of_log()]).size >= 30
    assert verify_log().problem == ""

    restore_logs(restore_archive(id=str(archive.pk), days=3))
    live = AuditLog.objects.in_bulk([log.pk for log in logs])
    assert [live[log.pk].told() for log in logs] == [bytes(log.record) for log in logs]
    assert verify_log().problem == ""

    Archive.objects.update(restored_until=MARCH)
    retain()
    assert ArchiveSearch(LogQuery()).count() == 30


def test_a_byte_changed_in_a_bucket_is_found_and_named(
    tenant: Tenant, bucket: tuple[Any, str]
) -> None:
    client, name = bucket
    _, archive = archived(10)

    for key in (archive.file_key, archive.manifest_key):
        where = {"Bucket": name, "Key": f"audit/{key}"}
        good = client.get_object(**where)["Body"].read()
        middle = len(good) // 2
        client.put_object(
            **where, Body=good[:middle] + bytes([good[middle] ^ 1]) + good[middle + 1 :]
        )
        assert f"archive {archive.pk}" in verify_log().problem
        client.put_object(**where, Body=good)
        assert verify_log().problem == ""


def test_a_locked_archive_is_deleted_by_nobody_before_its_time(
    tenant: Tenant, bucket: tuple[Any, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, name = bucket
    monkeypatch.setattr(settings, "AUDIT_ARCHIVE_LOCK", True)
    _, archive = archived(10)

    for key in (archive.file_key, archive.manifest_key):
        where = {"Bucket": name, "Key": f"audit/{key}"}
        (version,) = client.list_object_versions(Bucket=name, Prefix=where["Key"])["Versions"]
        kept = client.get_object_retention(**where)["Retention"]
        assert kept["Mode"] == "COMPLIANCE"
        assert (kept["RetainUntilDate"] - clock.now()).days in range(3_650, 3_655)
        with pytest.raises(ClientError) as refused:
            client.delete_object(**where, VersionId=version["VersionId"])
        assert refused.value.response["Error"]["Code"] == "AccessDenied"
    assert verify_log().problem == ""
