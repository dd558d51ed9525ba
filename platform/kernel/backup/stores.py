"""Where backups are kept."""

import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from kernel.backup.errors import BackupError, DamagedError

_READ_BYTES = 1 << 20


class Store(Protocol):
    """A place for objects, each written whole or not at all."""

    def put(self, name: str, chunks: Iterable[bytes]) -> None:
        """Keep an object."""

    def get(self, name: str) -> Iterator[bytes]:
        """Give an object; raises DamagedError when it is not there."""

    def names(self, prefix: str) -> Iterator[str]:
        """Give the names of objects that begin so, in no order."""

    def delete(self, name: str) -> None:
        """Forget an object."""


class FolderStore:
    """Files in a folder, which may be mounted from elsewhere."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, name: str, chunks: Iterable[bytes]) -> None:
        """Write it beside its place, and move it there when it is on the disk."""
        path = self._folder / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".draft-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.writelines(chunks)
                file.flush()
                os.fsync(file.fileno())
            Path(draft).replace(path)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise

    def get(self, name: str) -> Iterator[bytes]:
        """Read the file."""
        try:
            with (self._folder / name).open("rb") as file:
                while chunk := file.read(_READ_BYTES):
                    yield chunk
        except FileNotFoundError:
            raise DamagedError(f"{name} is not there") from None

    def names(self, prefix: str) -> Iterator[str]:
        """List the folder."""
        for path in (self._folder / prefix).rglob("*"):
            if path.is_file() and not path.name.startswith(".draft-"):
                yield path.relative_to(self._folder).as_posix()

    def delete(self, name: str) -> None:
        """Remove the file."""
        (self._folder / name).unlink(missing_ok=True)


class BucketStore:
    """A bucket of S3; boto3 finds the credentials and the address."""

    def __init__(self, bucket: str, prefix: str) -> None:
        import boto3  # noqa: PLC0415  takes half a second
        from botocore.config import Config  # noqa: PLC0415

        told = Config(connect_timeout=5, read_timeout=60, retries={"max_attempts": 4})
        self._client: Any = boto3.session.Session().client("s3", config=told)
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""

    def put(self, name: str, chunks: Iterable[bytes]) -> None:
        """Collect it in a file and send it, in parts if it is large."""
        with tempfile.TemporaryFile() as file:
            file.writelines(chunks)
            file.seek(0)
            self._client.upload_fileobj(file, self._bucket, self._prefix + name)

    def get(self, name: str) -> Iterator[bytes]:
        """Stream it."""
        try:
            found = self._client.get_object(Bucket=self._bucket, Key=self._prefix + name)
        except self._client.exceptions.NoSuchKey:
            raise DamagedError(f"{name} is not there") from None
        yield from found["Body"].iter_chunks(_READ_BYTES)

    def names(self, prefix: str) -> Iterator[str]:
        """List the bucket, a page at a time."""
        pages = self._client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix + prefix):
            for found in page.get("Contents", ()):
                yield found["Key"].removeprefix(self._prefix)

    def delete(self, name: str) -> None:
        """Delete it."""
        self._client.delete_object(Bucket=self._bucket, Key=self._prefix + name)


def store_at(place: str) -> Store:
    """Return the store at a folder's path or `s3://bucket/prefix`; raises BackupError."""
    url = urlsplit(place)
    if url.scheme == "s3":
        return BucketStore(url.netloc, url.path.strip("/"))
    if not place or url.scheme:
        raise BackupError("set BACKUP_TO: a folder, or s3://bucket/prefix")
    return FolderStore(Path(place).expanduser().resolve())
