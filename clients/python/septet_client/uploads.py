"""Uploads that go on where they were cut, by tus 1.0.0, and downloads in pieces."""

import base64
import os
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

import httpx

from septet_client.attempts import Attempts, Policy
from septet_client.errors import SeptetError
from septet_client.transport import AsyncTransport, Transport, checked

UPLOADS = "/files/api/uploads/"
PIECE_BYTES = 8 * 1024 * 1024
_TUS = {"Tus-Resumable": "1.0.0"}
_OFFSETS = 409


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload on its way: keep `path` to go on with it from another process."""

    path: str
    size_bytes: int

    @property
    def id(self) -> str:
        """Return the id of its upload session, which knows the file that it becomes."""
        return self.path.rstrip("/").rpartition("/")[2]


class _Pieces:
    """What is to be sent next of a file."""

    def __init__(
        self, http: httpx.Client | httpx.AsyncClient, upload: Upload, file: BinaryIO
    ) -> None:
        self.http = http
        self.upload = upload
        self.file = file

    def asking(self) -> httpx.Request:
        return self.http.build_request("HEAD", self.upload.path, headers=_TUS)

    def piece(self, offset: int) -> httpx.Request:
        self.file.seek(offset)
        return self.http.build_request(
            "PATCH",
            self.upload.path,
            content=self.file.read(PIECE_BYTES),
            headers=_TUS
            | {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"},
        )


def beginning(
    http: httpx.Client | httpx.AsyncClient,
    name: str,
    size_bytes: int,
    *,
    folder_id: str = "",
    content_type: str = "",
) -> httpx.Request:
    """Return the request that begins an upload."""
    told = {"filename": name, "folderid": folder_id, "filetype": content_type}
    metadata = ",".join(
        f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in told.items() if value
    )
    headers = _TUS | {"Upload-Length": str(size_bytes), "Upload-Metadata": metadata}
    return http.build_request("POST", UPLOADS, headers=headers)


def length_of(file: BinaryIO) -> int:
    """Return how many bytes a file has; it can be read from any place."""
    return file.seek(0, os.SEEK_END)


def send(
    transport: Transport, upload: Upload, file: BinaryIO, told: Callable[[int], object]
) -> None:
    """Send what is missing; `told` hears how many bytes have arrived. Raises SeptetError."""
    pieces = _Pieces(transport.http, upload, file)
    offset = _offset(transport.send(pieces.asking(), _attempts(transport.policy)))
    lost = 0
    while offset < upload.size_bytes:
        try:
            offset = _offset(
                transport.send(pieces.piece(offset), Attempts(transport.policy, safe=False))
            )
            lost = 0
        except SeptetError as error:
            lost += 1
            _give_up_unless_cut(error, lost, transport.policy)
            before = offset
            offset = _offset(transport.send(pieces.asking(), _attempts(transport.policy)))
            # A piece that takes longer than a call may arrives in parts.
            lost = 0 if offset > before else lost
        told(offset)


async def send_async(
    transport: AsyncTransport, upload: Upload, file: BinaryIO, told: Callable[[int], object]
) -> None:
    """The same for asyncio."""
    pieces = _Pieces(transport.http, upload, file)
    offset = _offset(await transport.send(pieces.asking(), _attempts(transport.policy)))
    lost = 0
    while offset < upload.size_bytes:
        try:
            sent = await transport.send(
                pieces.piece(offset), Attempts(transport.policy, safe=False)
            )
            offset, lost = _offset(sent), 0
        except SeptetError as error:
            lost += 1
            _give_up_unless_cut(error, lost, transport.policy)
            before = offset
            offset = _offset(await transport.send(pieces.asking(), _attempts(transport.policy)))
            lost = 0 if offset > before else lost
        told(offset)


def chunks(response: httpx.Response) -> Iterator[bytes]:
    """Give the bytes of an answer in pieces."""
    yield from response.iter_bytes(1024 * 1024)


async def chunks_async(response: httpx.Response) -> AsyncIterator[bytes]:
    """The same for asyncio."""
    async for chunk in response.aiter_bytes(1024 * 1024):
        yield chunk


def _attempts(policy: Policy) -> Attempts:
    return Attempts(policy, safe=True)


def _offset(response: httpx.Response) -> int:
    return int(checked(response).headers["Upload-Offset"])


def _give_up_unless_cut(error: SeptetError, lost: int, policy: Policy) -> None:
    # A piece that was cut may have arrived in part: the server knows how far it is.
    cut = error.status in {0, _OFFSETS, 408, 423, 502, 503, 504}
    if not cut or lost >= policy.attempts:
        raise error
