"""Files that are held or retained, in a bucket that lets nobody delete such objects."""

import logging
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.conf import settings

from apps.files.adapters.stores import file_store
from apps.files.models import Blob, File
from apps.files.services import locking
from apps.files.services.copying import copy_file
from apps.files.services.folders import create_folder, move_files
from apps.files.services.holding import hold_file, lift_file_hold, retain_file
from apps.files.services.moving import move_files as move_bytes
from kernel.identity.models import Tenant
from kernel.storage import storage_at
from kernel.storage.local import LocalStorage
from kernel.storage.s3 import S3Storage
from kernel.testing.jobs import drain
from tests.devservices.fixtures import Servers
from tests.files.library import clean
from tests.files.site import running_site, wait_for
from tests.files.test_transfers import refuses

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("tenant")]

HOUR = timedelta(hours=1)


def made(servers: Servers, monkeypatch: pytest.MonkeyPatch, *, locks: bool) -> str:
    """Make a bucket, let files go there, and return its name."""
    variables = servers.up("s3")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, variables[name])
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", variables["S3_ENDPOINT_URL"])
    name = f"septet-lock-{os.urandom(4).hex()}"
    boto3.client("s3").create_bucket(Bucket=name, ObjectLockEnabledForBucket=locks)
    monkeypatch.setattr(settings, "FILES_STORAGE", f"s3://{name}")
    storage_at.cache_clear()
    return name


@pytest.fixture
def bucket(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    yield made(servers, monkeypatch, locks=True)
    storage_at.cache_clear()


def key_of(file: File) -> str:
    return Blob.objects.get(files=file).storage_key


def locked(bucket: str, key: str) -> bool:
    """Say whether whoever has all rights in the bucket cannot delete an object for good."""
    client = boto3.client("s3")
    where = {"Bucket": bucket, "Key": key}
    version = client.head_object(**where)["VersionId"]
    try:
        client.delete_object(**where, VersionId=version)
    except client.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "AccessDenied":
            raise
        return True
    return False


def test_a_hold_locks_all_versions_and_lifting_it_unlocks_them(bucket: str) -> None:
    file = clean(b"hello")
    hold_file(id=str(file.pk), reason="case 7")
    for _ in range(2):
        drain()
        locking.lock_versions(file.pk)
    assert locked(bucket, key_of(file))

    lift_file_hold(id=str(file.pk), reason="settled")
    drain()

    assert not locked(bucket, key_of(file))


def test_bytes_that_several_files_have_are_held_as_long_as_one_of_them_is(bucket: str) -> None:
    file = clean(b"hello")
    copy = copy_file(id=str(file.pk))
    for one in (file, copy):
        hold_file(id=str(one.pk), reason="case 7")
    lift_file_hold(id=str(file.pk), reason="settled")
    drain()
    assert locked(bucket, key_of(file))

    lift_file_hold(id=str(copy.pk), reason="settled")
    drain()

    assert not locked(bucket, key_of(file))


def test_what_is_retained_is_locked_until_the_latest_day(bucket: str) -> None:
    file = clean(b"hello")
    copy = copy_file(id=str(file.pk))
    late = datetime.now(UTC).replace(microsecond=0) + 2 * HOUR
    retain_file(id=str(copy.pk), until=late)
    retain_file(id=str(file.pk), until=late - HOUR)
    drain()

    assert locked(bucket, key_of(file))
    found = boto3.client("s3").get_object_retention(Bucket=bucket, Key=key_of(file))["Retention"]
    assert (found["Mode"], found["RetainUntilDate"]) == ("COMPLIANCE", late)


def test_the_same_content_that_comes_later_shares_the_lock(bucket: str) -> None:
    file = clean(b"hello")
    hold_file(id=str(file.pk), reason="case 7")
    drain()

    other = clean(b"hello")

    assert key_of(other) == key_of(file)
    assert locked(bucket, key_of(file))


def test_encrypted_anew_a_held_file_is_locked_where_it_is_then(bucket: str) -> None:
    file = clean(b"hello")
    hold_file(id=str(file.pk), reason="case 7")
    vault = create_folder(name="vault", encrypted=True)
    before = key_of(file)
    move_files(ids=[str(file.pk)], folder_id=str(vault.pk))
    drain()

    assert key_of(file) != before
    assert locked(bucket, key_of(file))
    # It is deleted for whoever reads, and the law keeps what it was.
    assert not file_store().exists(before)


def test_moved_to_a_bucket_a_held_file_is_locked_there(
    tmp_path: Path, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.files.adapters.stores.storage", lambda: LocalStorage(tmp_path))
    monkeypatch.setattr(settings, "FILES_STORAGE", "")
    vault = create_folder(name="vault", encrypted=True)
    file, free, sealed = clean(b"hello"), clean(b"free"), clean(b"sealed")
    move_files(ids=[str(sealed.pk)], folder_id=str(vault.pk))
    hold_file(id=str(file.pk), reason="case 7")
    retain_file(id=str(sealed.pk), until=datetime.now(UTC) + HOUR)
    drain()
    before = b"".join(file_store().read(key_of(sealed)))
    monkeypatch.setattr(settings, "FILES_STORAGE", f"s3://{bucket}")
    monkeypatch.setattr(settings, "FILES_STORAGE_BEFORE", "local")

    [*_, last] = move_bytes(at_once=1, remove=True)
    drain()

    assert (last.failed, last.removed) == ({}, 3)
    assert b"".join(file_store().read(key_of(sealed))) == before
    assert [locked(bucket, key_of(one)) for one in (file, sealed, free)] == [True, True, False]


def test_a_store_that_is_down_is_told_again(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    file = clean(b"hello")
    hold_file(id=str(file.pk), reason="case 7")
    with monkeypatch.context() as patch:
        patch.setattr(S3Storage, "hold", _down)
        with pytest.raises(ConnectionError):
            locking.lock_versions(file.pk)

    drain()

    assert locked(bucket, key_of(file))


def _down(*_: Any, **__: Any) -> bool:
    raise ConnectionError


def test_a_bucket_without_locks_is_told_once(
    servers: Servers, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made(servers, monkeypatch, locks=False)
    locking._say_once.cache_clear()
    files = [clean(b"hello"), clean(b"world")]

    with caplog.at_level(logging.WARNING):
        for file in files:
            hold_file(id=str(file.pk), reason="case 7")
        drain()

    assert [one.message[:40] for one in caplog.records if one.name.endswith("locking")] == [
        "files are kept by their rows alone: the "
    ]
    assert file_store().locks() is False
    storage_at.cache_clear()


def test_a_bucket_with_locks_says_so(bucket: str, tenant: Tenant) -> None:
    assert file_store().locks() is True


HOLD = """mutation($input: HoldFileInput!) {
    holdFile(input: $input) { file { held } error { code } } }"""


def test_a_kill_while_a_file_is_locked_loses_no_lock(
    tmp_path: Path, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {name: os.environ[name] for name in os.environ if name.startswith("AWS_")}
    told["FILES_STORAGE"] = f"s3://{bucket}"
    with running_site(tmp_path, **told, FAULT="files-locking") as site:
        assert site.ask("PUT", "/files/api/files/held.bin", b"hello").status == 201
        file = site.scanned("held.bin")
        with suppress(ConnectionError):
            # The job may be killed, and the platform with it, before this is answered.
            site.graphql(HOLD, input={"id": file["id"], "reason": "case 7"})
        wait_for(lambda: True if refuses(site) else None)
    client = boto3.client("s3")
    where = {"Bucket": bucket, "Key": client.list_objects_v2(Bucket=bucket)["Contents"][0]["Key"]}
    assert client.head_object(**where).get("ObjectLockLegalHoldStatus") in {None, "OFF"}

    with running_site(tmp_path, key=site.key, **told) as site:
        wait_for(
            lambda: client.head_object(**where).get("ObjectLockLegalHoldStatus") == "ON" or None
        )
        assert locked(bucket, where["Key"])
