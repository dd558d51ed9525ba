"""Buckets of tenants, by the kernel's guarded client."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any, BinaryIO, cast
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

from apps.importexport.adapters.endpoints.ports import PURPOSE, Package, Parcel, Seen
from apps.importexport.domain.endpoints.paths import fixed_part, joined
from apps.importexport.errors import EndpointRefusedError, SourceChangedError
from kernel.errors import NotFoundError
from kernel.http import passes
from kernel.outbound.buckets import ONE_PART, PART_BYTES, bucket_client
from kernel.outbound.errors import OutboundFailedError
from kernel.storage.joined import Joined

_MISSING = {"404", "NoSuchKey"}
_TEST = b"Septet was here to see whether exports can be delivered.\n"


class S3:
    """A bucket of AWS, or of what speaks its protocol."""

    def __init__(self, settings: Mapping[str, Any], secret: str) -> None:
        self._settings, self._secret = settings, secret
        self._bucket = str(settings["bucket"])

    def deliver(self, package: Package) -> str:
        for parcel in package.parcels:
            key = joined(package.folder, parcel.name)
            if not self._has(key, parcel):
                self._send(key, parcel, package)
        return f"s3://{self._bucket}/{joined(package.folder, '')}"

    def test(self) -> str:
        folder = fixed_part(str(self._settings["folder"]))
        key = joined(folder, f"septet-test-{uuid4()}.txt")
        with _told(key):
            self._client.put_object(Bucket=self._bucket, Key=key, Body=_TEST)
            # Who may write need not be one who may delete.
            try:
                self._client.delete_object(Bucket=self._bucket, Key=key)
            except ClientError:
                return f"s3://{self._bucket}/{key} was written, and may not be removed"
        return f"s3://{self._bucket}/{key} was written and removed again"

    def look(self, path: str) -> Seen:
        with _told(path):
            found = self._client.head_object(Bucket=self._bucket, Key=path)
        return Seen(size_bytes=int(found["ContentLength"]), mark=str(found["ETag"]))

    def read(self, path: str, seen: Seen) -> Iterator[bytes]:
        for start in range(0, seen.size_bytes, PART_BYTES):
            end = min(start + PART_BYTES, seen.size_bytes) - 1
            with _told(path):
                found = self._client.get_object(
                    Bucket=self._bucket, Key=path, Range=f"bytes={start}-{end}", IfMatch=seen.mark
                )
                yield found["Body"].read()

    def _has(self, key: str, parcel: Parcel) -> bool:
        """Say whether an attempt before has sent it."""
        try:
            with _told(key):
                found = self._client.head_object(Bucket=self._bucket, Key=key)
        except (EndpointRefusedError, NotFoundError):
            # Who may write need not be one who may look.
            return False
        same = found["Metadata"].get("sha256") == parcel.sha256
        return same and int(found["ContentLength"]) == parcel.size_bytes

    def _send(self, key: str, parcel: Parcel, package: Package) -> None:
        about = {"sha256": parcel.sha256, "export": package.export_id}
        with _told(key), parcel.opened() as chunks:
            self._client.upload_fileobj(
                cast(BinaryIO, Joined(chunks)),
                self._bucket,
                key,
                ExtraArgs={"ContentType": parcel.content_type, "Metadata": about},
                Config=ONE_PART,
            )

    @cached_property
    def _client(self) -> Any:
        return bucket_client(
            address=str(self._settings["address"]),
            region=str(self._settings["region"]),
            access_key=str(self._settings["access_key"]),
            secret_key=self._secret,
            purpose=PURPOSE,
        )


@contextmanager
def _told(key: str) -> Iterator[None]:
    """Say in our words what goes wrong; what our client raises is in them already."""
    try:
        yield
    except ClientError as error:
        code = str(error.response["Error"]["Code"])
        status = int(error.response["ResponseMetadata"]["HTTPStatusCode"])
        if code in _MISSING:
            raise NotFoundError(f"the bucket has no {key}") from None
        if status == 412:
            raise SourceChangedError(f"{key} is not what was looked at any more") from None
        if passes(status):
            raise OutboundFailedError(f"the bucket answers {code}") from None
        raise EndpointRefusedError(f"the bucket refuses: {code}") from None
    except BotoCoreError as error:
        raise EndpointRefusedError(f"the bucket is not used so: {error}"[:300]) from None
