"""Objects of S3 that grow: the parts of a multipart upload, and an object with what is no part yet.

A part has at least 5 MiB, but a client may leave after any byte. What came since the last part is
kept as an object of its own, in turn under one of two names: the mark says which, so the one that
the mark before names is whole until the new mark is noted.
"""

import tempfile
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, closing, suppress
from typing import Any

import orjson

from kernel.errors import NotFoundError

#: What S3 takes as a part that is not the last, and how many.
SMALLEST_PART_BYTES = 5 * 1024**2
MOST_PARTS = 10_000
PART_BYTES = 8 * 1024**2

Guard = Callable[[str], AbstractContextManager[None]]


class S3Draft:
    """A draft in S3. What is no part yet waits in a temporary file, not in memory."""

    def __init__(
        self, client: Any, bucket: str, name: str, mark: str, size: int, guard: Guard
    ) -> None:
        self._client = client
        self._where = {"Bucket": bucket, "Key": name}
        self._guard = guard
        self._state = _read(mark)
        if sum(part["size"] for part in self._state["parts"]) + self._state["tail"] != size:
            raise NotFoundError(f"bytes on their way to {name} are lost")
        self._slot = self._state["slot"]
        self._waiting = 0
        found = (
            client.get_object(**_end_of(self._where, self._slot)) if self._state["tail"] else None
        )
        self._buffer = tempfile.TemporaryFile()  # noqa: SIM115  closed by close()
        if found:
            with closing(found["Body"]) as body:
                for chunk in body.iter_chunks(256 * 1024):
                    self._add(chunk)

    def write(self, chunks: Sequence[bytes]) -> None:
        with self._guard(self._where["Key"]):
            for chunk in chunks:
                self._add(chunk)
                if self._waiting >= part_bytes(len(self._state["parts"])):
                    self._send_part()

    def sync(self) -> str:
        with self._guard(self._where["Key"]):
            if self._waiting:
                # The other name than that of the mark which holds until this one is noted.
                self._slot = 1 - self._slot
                self._buffer.seek(0)
                self._client.put_object(**_end_of(self._where, self._slot), Body=self._buffer)
                self._buffer.seek(self._waiting)
        self._state |= {"tail": self._waiting, "slot": self._slot}
        return orjson.dumps(self._state).decode()

    def close(self) -> None:
        self._buffer.close()

    def _add(self, chunk: bytes) -> None:
        self._buffer.write(chunk)
        self._waiting += len(chunk)

    def _send_part(self) -> None:
        if not self._state["upload"]:
            self._state["upload"] = self._client.create_multipart_upload(**self._where)["UploadId"]
        self._buffer.seek(0)
        number = len(self._state["parts"]) + 1
        sent = self._client.upload_part(
            **self._where,
            UploadId=self._state["upload"],
            PartNumber=number,
            Body=self._buffer,
        )
        self._state["parts"].append({"etag": sent["ETag"], "size": self._waiting})
        self._buffer.seek(0)
        self._buffer.truncate()
        self._waiting = 0


def part_bytes(before: int) -> int:
    """Return how long the part after so many is: they grow, and 5 TB are less than 10,000."""
    return PART_BYTES * (1 + 128 * before // MOST_PARTS)


def publish(client: Any, bucket: str, name: str, mark: str) -> None:
    """Make the object of its parts and its end."""
    state, where = _read(mark), {"Bucket": bucket, "Key": name}
    end = _end_of(where, state["slot"])
    if not state["parts"]:
        if state["tail"]:
            client.copy_object(**where, CopySource=end)
        else:
            client.put_object(**where, Body=b"")
    else:
        if state["tail"]:
            copied = client.upload_part_copy(
                **where,
                UploadId=state["upload"],
                PartNumber=len(state["parts"]) + 1,
                CopySource=end,
            )
            state["parts"].append({"etag": copied["CopyPartResult"]["ETag"]})
        client.complete_multipart_upload(
            **where,
            UploadId=state["upload"],
            MultipartUpload={
                "Parts": [
                    {"PartNumber": number, "ETag": part["etag"]}
                    for number, part in enumerate(state["parts"], 1)
                ]
            },
        )


def discard(client: Any, bucket: str, name: str, mark: str) -> None:
    """Forget its parts and its end."""
    state, where = _read(mark), {"Bucket": bucket, "Key": name}
    if state["upload"]:
        with suppress(client.exceptions.NoSuchUpload):
            client.abort_multipart_upload(**where, UploadId=state["upload"])
    forget_ends(client, bucket, name)


def forget_ends(client: Any, bucket: str, name: str) -> None:
    """Forget what was kept of it beside its parts."""
    for slot in (0, 1):
        client.delete_object(**_end_of({"Bucket": bucket, "Key": name}, slot))


def _read(mark: str) -> dict[str, Any]:
    state: dict[str, Any] = (
        orjson.loads(mark) if mark else {"upload": "", "parts": [], "tail": 0, "slot": 0}
    )
    return state


def _end_of(where: dict[str, str], slot: int) -> dict[str, str]:
    return {"Bucket": where["Bucket"], "Key": f"{where['Key']}.{slot}"}
