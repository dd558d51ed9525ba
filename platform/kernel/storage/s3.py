"""Bytes in a bucket of S3, or of what speaks its protocol."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from functools import cached_property
from typing import Any, BinaryIO, cast
from urllib.parse import urlsplit

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.exceptions import ImproperlyConfigured
from storages.backends.s3 import S3Storage as Connected

from kernel.errors import NotFoundError
from kernel.storage.joined import Joined
from kernel.storage.port import StorageUnavailableError, checked, is_key
from kernel.storage.s3_clients import S3Clients, incoming
from kernel.storage.s3_drafts import SMALLEST_PART_BYTES, S3Draft, discard, forget_ends, publish

logger = logging.getLogger(__name__)

CHUNK_BYTES = 256 * 1024
#: Copied by the store itself; it takes 5 GiB at a time.
COPIED_BYTES = 1024**3
#: `standard` has a budget: where most calls fail, it stops to try again.
_TIMEOUTS = Config(
    connect_timeout=3, read_timeout=20, retries={"mode": "standard", "max_attempts": 3}
)
#: One part is in memory at a time.
_ONE_PART = TransferConfig(use_threads=False)
_MISSING = {"404", "NoSuchKey"}


class S3Storage:
    """Objects of a bucket, by the credentials and the endpoint that django-storages finds.

    An object is there whole or not at all, also one that came in parts. What an upload that was cut
    off has left is removed here, or by a rule of the bucket.
    """

    def __init__(self, bucket: str, prefix: str = "") -> None:
        self._bucket = bucket
        self._prefix = prefix

    @classmethod
    def at(cls, url: str) -> "S3Storage":
        """Return the store at `s3://bucket/prefix`; raises ImproperlyConfigured."""
        parts = urlsplit(url)
        if parts.scheme != "s3" or not parts.netloc:
            raise ImproperlyConfigured(f"a store reads s3://bucket or s3://bucket/prefix: {url!r}")
        prefix = parts.path.strip("/")
        return cls(parts.netloc, f"{prefix}/" if prefix else "")

    def save(self, key: str, source: BinaryIO, *, locked_until: datetime | None = None) -> int:
        counted = _Counted(source)
        lock = (
            {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": locked_until}
            if locked_until
            else {}
        )
        with _told(key):
            self._client.upload_fileobj(
                counted,
                self._bucket,
                self._name(key),
                # Without it a bucket with locks refuses what comes.
                ExtraArgs={"ChecksumAlgorithm": "SHA256", **lock},
                Config=_ONE_PART,
            )
        return counted.size

    def read(self, key: str, *, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        if length == 0:
            return
        end = "" if length is None else start + length - 1
        with _told(key):
            try:
                found = self._client.get_object(
                    Bucket=self._bucket, Key=self._name(key), Range=f"bytes={start}-{end}"
                )
            except ClientError as error:
                if error.response["Error"]["Code"] in {"416", "InvalidRange"}:
                    return
                raise
            with closing(found["Body"]) as body:
                yield from body.iter_chunks(CHUNK_BYTES)

    def size(self, key: str) -> int:
        with _told(key):
            found = self._client.head_object(Bucket=self._bucket, Key=self._name(key))
        return int(found["ContentLength"])

    def exists(self, key: str) -> bool:
        try:
            self.size(key)
        except NotFoundError:
            return False
        return True

    def delete(self, key: str) -> None:
        with _told(key):
            self._client.delete_object(Bucket=self._bucket, Key=self._name(key))

    def keys(self, app: str) -> Iterator[str]:
        pages = self._client.get_paginator("list_objects_v2")
        with _told(app):
            for page in pages.paginate(Bucket=self._bucket, Prefix=f"{self._prefix}{app}/"):
                for found in page.get("Contents", []):
                    key = found["Key"].removeprefix(self._prefix)
                    # The ends of drafts have longer names.
                    if is_key(key):
                        yield key

    def draft(self, key: str, *, mark: str = "", size: int = 0) -> S3Draft:
        with _told(key):
            return S3Draft(self._client, self._bucket, self._name(key), mark, size, _told)

    def publish(self, key: str, *, mark: str, size: int) -> None:
        if size and not mark:
            # It gives one with the first byte: this is another store's.
            raise NotFoundError(f"no bytes on their way to {key}")
        with _told(key):
            try:
                publish(self._client, self._bucket, self._name(key), mark)
            except ClientError:
                # It may have been done although the answer did not say so, or before.
                if not self.exists(key) or self.size(key) != size:
                    raise
            forget_ends(self._client, self._bucket, self._name(key))

    def discard(self, key: str, *, mark: str) -> None:
        with _told(key):
            discard(self._client, self._bucket, self._name(key), mark)
            self._client.delete_object(**incoming(self._bucket, self._prefix, key))

    def join(self, key: str, parts: Sequence[str]) -> None:
        sizes = [self.size(part) for part in parts]
        if any(size < SMALLEST_PART_BYTES for size in sizes[:-1]) or not all(sizes):
            self.save(
                key, cast(BinaryIO, Joined(chunk for one in parts for chunk in self.read(one)))
            )
            return
        ranges = [
            (self._name(part), start, min(start + COPIED_BYTES, size) - 1)
            for part, size in zip(parts, sizes, strict=True)
            for start in range(0, size, COPIED_BYTES)
        ]
        with _told(key):
            self._copy(self._name(key), ranges)

    def _copy(self, name: str, ranges: Sequence[tuple[str, int, int]]) -> None:
        where = {"Bucket": self._bucket, "Key": name}
        where["UploadId"] = self._client.create_multipart_upload(**where)["UploadId"]
        parts = [
            {
                "PartNumber": number,
                "ETag": self._client.upload_part_copy(
                    **where,
                    PartNumber=number,
                    CopySource={"Bucket": self._bucket, "Key": source},
                    CopySourceRange=f"bytes={first}-{last}",
                )["CopyPartResult"]["ETag"],
            }
            for number, (source, first, last) in enumerate(ranges, 1)
        ]
        self._client.complete_multipart_upload(**where, MultipartUpload={"Parts": parts})

    def discard_drafts(self, *, before: datetime) -> int:
        pages = self._client.get_paginator("list_multipart_uploads")
        count = 0
        for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix):
            for upload in page.get("Uploads", []):
                if upload["Initiated"] < before:
                    self._client.abort_multipart_upload(
                        Bucket=self._bucket, Key=upload["Key"], UploadId=upload["UploadId"]
                    )
                    count += 1
        return count

    def hold(self, key: str, *, held: bool) -> bool:
        status = {"Status": "ON" if held else "OFF"}
        return self._locked(key, "put_object_legal_hold", LegalHold=status)

    def locks(self) -> bool:
        with _told(self._bucket):
            try:
                self._client.get_object_lock_configuration(Bucket=self._bucket)
            except ClientError as error:
                if error.response["Error"]["Code"] == "ObjectLockConfigurationNotFoundError":
                    return False
                raise
        return True

    def retain(self, key: str, *, until: datetime) -> bool:
        lock = {"Mode": "COMPLIANCE", "RetainUntilDate": until}
        return self._locked(key, "put_object_retention", Retention=lock)

    def for_clients(self, *, address: str = "") -> S3Clients:
        return S3Clients(self._client, self._bucket, self._prefix, _told, address)

    def _locked(self, key: str, call: str, **wanted: Any) -> bool:
        self.size(key)
        with _told(key):
            try:
                getattr(self._client, call)(Bucket=self._bucket, Key=self._name(key), **wanted)
            except ClientError as error:
                # A bucket that was made without Object Lock.
                if error.response["Error"]["Code"] == "InvalidRequest":
                    return False
                raise
        return True

    @cached_property
    def _client(self) -> Any:
        # Credentials, profiles and endpoints are found as in every project with django-storages.
        return Connected(bucket_name=self._bucket, client_config=_TIMEOUTS).connection.meta.client

    def _name(self, key: str) -> str:
        return f"{self._prefix}{checked(key)}"


@contextmanager
def _told(key: str) -> Iterator[None]:
    """Say in our words what goes wrong: NotFoundError, else StorageUnavailableError."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] in _MISSING:
            raise NotFoundError(f"no bytes under {key}") from None
        logger.warning("S3 refuses", exc_info=error)
        code = error.response["Error"]["Code"]
        raise StorageUnavailableError(f"the storage refuses: {code}") from error
    except (BotoCoreError, Boto3Error) as error:
        logger.warning("S3 does not answer", exc_info=error)
        raise StorageUnavailableError("the storage does not answer") from error


class _Counted:
    """A source that counts what was read of it."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self.size = 0

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size)
        self.size += len(data)
        return data
