"""The clients: every operation of the generated ones, uploads, downloads, streams."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, BinaryIO

import httpx
from httpx_sse import ServerSentEvent

from septet_client import streams, uploads
from septet_client.attempts import Attempts, Policy
from septet_client.graphql.async_client import AsyncOperations
from septet_client.graphql.client import Operations
from septet_client.transport import checked, unreachable
from septet_client.uploads import Upload

_FILE = "query($id: ID!) { uploadSession(id: $id) { fileId } }"


class Septet(Operations):
    """A client that waits for its answers; use it in `with`, one for all threads.

    A call with all its attempts has `policy.seconds`: each wait for the network is at most what is
    left of them. Queries are repeated when an answer is lost, and so are mutations whose variable
    `input` bears the idempotency key that it is given: what was done is not done again. Raises
    SeptetError, with a code, for whatever is refused.
    """

    def __init__(self, url: str, key: str, *, policy: Policy | None = None, **options: Any) -> None:
        super().__init__(
            httpx.Client(base_url=url, headers=_headers(key), **options), policy or Policy()
        )

    def query(self, document: str, **variables: Any) -> dict[str, Any]:
        """Run a document of your own and return its data."""
        return self.get_data(self.execute(document, variables=variables))

    def upload(
        self,
        file: BinaryIO,
        name: str,
        *,
        folder_id: str = "",
        content_type: str = "",
        told: Callable[[int], object] = lambda _: None,
    ) -> str:
        """Send a file in pieces and return its id; it is given out as soon as it is clean.

        A cut line costs one piece. `begin_upload` and `resume_upload` do the same over a restart.
        """
        upload = self.begin_upload(file, name, folder_id=folder_id, content_type=content_type)
        return self.resume_upload(upload, file, told=told)

    def begin_upload(
        self, file: BinaryIO, name: str, *, folder_id: str = "", content_type: str = ""
    ) -> Upload:
        """Begin an upload of which nothing is sent yet."""
        size = uploads.length_of(file)
        request = uploads.beginning(
            self.http, name, size, folder_id=folder_id, content_type=content_type
        )
        # Begun twice, one of both is never gone on with, and expires.
        response = checked(self.send(request, Attempts(self.policy, safe=True)))
        return Upload(response.headers["Location"], size)

    def resume_upload(
        self, upload: Upload, file: BinaryIO, *, told: Callable[[int], object] = lambda _: None
    ) -> str:
        """Send what is missing of an upload and return the id of its file."""
        uploads.send(self, upload, file, told)
        found: str = self.query(_FILE, id=upload.id)["uploadSession"]["fileId"]
        return found

    def download(self, file_id: str, version: int | None = None) -> Iterator[bytes]:
        """Give the bytes of a file in pieces of a megabyte; raises SeptetError.

        Unreachable where the line is cut: what was given until then is a part of the file.
        """
        path = f"/files/api/files/{file_id}" + (f"?version={version}" if version else "")
        try:
            # A platform may have its store of files give the bytes; no key is sent there.
            with self.http.stream("GET", path, follow_redirects=True) as response:
                if not response.is_success:
                    response.read()
                yield from uploads.chunks(checked(response))
        except httpx.HTTPError as error:
            raise unreachable(error) from error

    def listen(self, path: str) -> Iterator[ServerSentEvent]:
        """Give the events of a stream for ever, also over cuts; one may come twice."""
        return streams.listen(self.http, path)

    def receipt(self, log_id: str) -> dict[str, Any]:
        """Return the receipt of an audit log, for `check_receipt`; raises SeptetError."""
        return _told(self.get(f"/audit/api/receipts/{log_id}"))

    def get(self, path: str) -> httpx.Response:
        """Return an answer over plain HTTP; raises SeptetError unless it is a success."""
        return checked(
            self.send(self.http.build_request("GET", path), Attempts(self.policy, safe=True))
        )


class AsyncSeptet(AsyncOperations):
    """The same for asyncio; use it in `async with`."""

    def __init__(self, url: str, key: str, *, policy: Policy | None = None, **options: Any) -> None:
        super().__init__(
            httpx.AsyncClient(base_url=url, headers=_headers(key), **options), policy or Policy()
        )

    async def query(self, document: str, **variables: Any) -> dict[str, Any]:
        """Run a document of your own and return its data."""
        return self.get_data(await self.execute(document, variables=variables))

    async def upload(
        self,
        file: BinaryIO,
        name: str,
        *,
        folder_id: str = "",
        content_type: str = "",
        told: Callable[[int], object] = lambda _: None,
    ) -> str:
        """Send a file in pieces and return its id; it is given out as soon as it is clean."""
        upload = await self.begin_upload(file, name, folder_id=folder_id, content_type=content_type)
        return await self.resume_upload(upload, file, told=told)

    async def begin_upload(
        self, file: BinaryIO, name: str, *, folder_id: str = "", content_type: str = ""
    ) -> Upload:
        """Begin an upload of which nothing is sent yet."""
        size = uploads.length_of(file)
        request = uploads.beginning(
            self.http, name, size, folder_id=folder_id, content_type=content_type
        )
        response = checked(await self.send(request, Attempts(self.policy, safe=True)))
        return Upload(response.headers["Location"], size)

    async def resume_upload(
        self, upload: Upload, file: BinaryIO, *, told: Callable[[int], object] = lambda _: None
    ) -> str:
        """Send what is missing of an upload and return the id of its file."""
        await uploads.send_async(self, upload, file, told)
        data = await self.query(_FILE, id=upload.id)
        found: str = data["uploadSession"]["fileId"]
        return found

    async def download(self, file_id: str, version: int | None = None) -> AsyncIterator[bytes]:
        """Give the bytes of a file in pieces of a megabyte; raises SeptetError as `Septet` does."""
        path = f"/files/api/files/{file_id}" + (f"?version={version}" if version else "")
        try:
            async with self.http.stream("GET", path, follow_redirects=True) as response:
                if not response.is_success:
                    await response.aread()
                async for chunk in uploads.chunks_async(checked(response)):
                    yield chunk
        except httpx.HTTPError as error:
            raise unreachable(error) from error

    def listen(self, path: str) -> AsyncIterator[ServerSentEvent]:
        """Give the events of a stream for ever, also over cuts; one may come twice."""
        return streams.listen_async(self.http, path)

    async def receipt(self, log_id: str) -> dict[str, Any]:
        """Return the receipt of an audit log, for `check_receipt`; raises SeptetError."""
        return _told(await self.get(f"/audit/api/receipts/{log_id}"))

    async def get(self, path: str) -> httpx.Response:
        """Return an answer over plain HTTP; raises SeptetError unless it is a success."""
        request = self.http.build_request("GET", path)
        return checked(await self.send(request, Attempts(self.policy, safe=True)))


def _headers(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}", "User-Agent": "septet-client/0.1"}


def _told(response: httpx.Response) -> dict[str, Any]:
    told: dict[str, Any] = response.json()
    return told
