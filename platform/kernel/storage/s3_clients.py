"""Requests to S3 that are signed here and made by clients, and what became of them."""

import base64
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

import boto3
import orjson
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from kernel.errors import NotFoundError
from kernel.storage.clients import ClientRequest, Kept, Part, Sent

#: Before the key, of what nobody has accepted yet: a rule of the bucket may expire all of it.
INCOMING = "incoming/"
#: Signed by the newest scheme, and with no checksums but those that we ask for.
_SIGNING = Config(signature_version="s3v4", request_checksum_calculation="when_required")
_SHA256_CHARACTERS = 44

Guard = Callable[[str], AbstractContextManager[None]]


class S3Clients:
    """A bucket as clients reach it, at this address if it is another one for them."""

    def __init__(self, client: Any, bucket: str, prefix: str, guard: Guard, address: str) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix
        self._guard = guard
        self._signer = boto3.session.Session().client(
            "s3", config=_SIGNING, endpoint_url=address or None
        )

    def put_request(self, key: str, sent: Sent, *, time: timedelta) -> ClientRequest:
        url = self._signed(
            "put_object",
            time,
            **self._incoming(key),
            ContentLength=sent.size,
            ContentType=sent.content_type,
            ChecksumSHA256=_base64(sent.sha256),
        )
        headers = {
            "Content-Length": str(sent.size),
            "Content-Type": sent.content_type,
            "x-amz-checksum-sha256": _base64(sent.sha256),
        }
        return ClientRequest(method="PUT", url=url, headers=headers)

    def form_request(self, key: str, sent: Sent, *, time: timedelta) -> ClientRequest:
        fields = {
            "Content-Type": sent.content_type,
            "x-amz-checksum-algorithm": "SHA256",
            "x-amz-checksum-sha256": _base64(sent.sha256),
        }
        form = self._signer.generate_presigned_post(
            self._bucket,
            self._incoming(key)["Key"],
            Fields=dict(fields),
            Conditions=[
                ["content-length-range", sent.size, sent.size],
                *({name: value} for name, value in fields.items()),
            ],
            ExpiresIn=int(time.total_seconds()),
        )
        return ClientRequest(method="POST", url=form["url"], fields=form["fields"])

    def accept(self, key: str) -> None:
        with self._guard(key):
            try:
                self._client.copy_object(**self._at(key), CopySource=self._incoming(key))
            except self._client.exceptions.NoSuchKey:
                # It may have been accepted before.
                self._client.head_object(**self._at(key))
            self._client.delete_object(**self._incoming(key))

    def discard_incoming(self, *, before: datetime) -> int:
        pages = self._client.get_paginator("list_objects_v2")
        count = 0
        with self._guard(INCOMING):
            for page in pages.paginate(Bucket=self._bucket, Prefix=f"{self._prefix}{INCOMING}"):
                for one in page.get("Contents", []):
                    if one["LastModified"] < before:
                        self._client.delete_object(Bucket=self._bucket, Key=one["Key"])
                        count += 1
        return count

    def begin_parts(self, key: str, *, content_type: str) -> str:
        with self._guard(key):
            made = self._client.create_multipart_upload(**self._at(key), ContentType=content_type)
        # As the drafts of this store have it, so that they are discarded alike.
        state = {"upload": made["UploadId"], "parts": [], "tail": 0, "slot": 0}
        return orjson.dumps(state).decode()

    def part_request(
        self, key: str, mark: str, *, number: int, size: int, time: timedelta
    ) -> ClientRequest:
        url = self._signed(
            "upload_part",
            time,
            **self._upload(key, mark),
            PartNumber=number,
            ContentLength=size,
        )
        return ClientRequest(method="PUT", url=url, headers={"Content-Length": str(size)})

    def parts(self, key: str, mark: str) -> list[Part]:
        pages = self._client.get_paginator("list_parts")
        with self._guard(key):
            try:
                return [
                    Part(one["PartNumber"], one["Size"], one["ETag"])
                    for page in pages.paginate(**self._upload(key, mark))
                    for one in page.get("Parts", [])
                ]
            except self._client.exceptions.NoSuchUpload:
                raise NotFoundError(f"no upload in parts is under way for {key}") from None

    def join_parts(self, key: str, mark: str, parts: list[Part]) -> None:
        told = [{"PartNumber": one.number, "ETag": one.etag} for one in parts]
        with self._guard(key):
            try:
                self._client.complete_multipart_upload(
                    **self._upload(key, mark), MultipartUpload={"Parts": told}
                )
            except (ClientError, BotoCoreError):
                # It may have been done although the answer did not say so, or before.
                if self._size(key) != sum(one.size for one in parts):
                    raise

    def kept(self, key: str) -> Kept:
        with self._guard(key):
            found = self._client.head_object(**self._at(key), ChecksumMode="ENABLED")
        told = found.get("ChecksumSHA256", "")
        # That of parts is the sum of their sums, and says so by its number of parts.
        whole = len(told) == _SHA256_CHARACTERS
        return Kept(found["ContentLength"], base64.b64decode(told).hex() if whole else "")

    def fetch_url(self, key: str, *, time: timedelta, content_type: str, disposition: str) -> str:
        return self._signed(
            "get_object",
            time,
            **self._at(key),
            ResponseContentType=content_type,
            ResponseContentDisposition=disposition,
            ResponseCacheControl="private, no-store",
        )

    def _size(self, key: str) -> int | None:
        try:
            return int(self._client.head_object(**self._at(key))["ContentLength"])
        except ClientError:
            return None

    def _signed(self, name: str, time: timedelta, **arguments: Any) -> str:
        return str(
            self._signer.generate_presigned_url(
                name, Params=arguments, ExpiresIn=int(time.total_seconds())
            )
        )

    def _at(self, key: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": f"{self._prefix}{key}"}

    def _incoming(self, key: str) -> dict[str, str]:
        return incoming(self._bucket, self._prefix, key)

    def _upload(self, key: str, mark: str) -> dict[str, str]:
        return {**self._at(key), "UploadId": orjson.loads(mark)["upload"]}


def incoming(bucket: str, prefix: str, key: str) -> dict[str, str]:
    """Return where that of a key waits which came by one request."""
    return {"Bucket": bucket, "Key": f"{prefix}{INCOMING}{key}"}


def _base64(sha256: str) -> str:
    return base64.b64encode(bytes.fromhex(sha256)).decode()
