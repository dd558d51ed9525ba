"""Bytes of uploads from the network to the store: on the event loop, with threads for the disk.

Of each transfer no more is in memory than what is written at a time and what comes meanwhile.
"""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from typing import TypeVar
from uuid import UUID

from django.db import close_old_connections

from apps.files.adapters.sealed import open_draft
from apps.files.domain.tus import Checksum, Standing
from apps.files.errors import ChecksumMismatchError, UploadBusyError, UploadOffsetError
from apps.files.services.uploads import (
    Writing,
    finish_upload,
    give_back,
    note_alive,
    note_progress,
    open_upload,
    want_upload,
)
from kernel.errors import PayloadTooLargeError
from kernel.serving.asgi import ClientGoneError
from kernel.serving.body import SilentClientError
from kernel.serving.handover import Incoming
from kernel.storage.port import Draft, DraftBusyError, StorageFullError

T = TypeVar("T")

#: Written in one go, at least; what comes while that is done may be as much again.
WRITTEN_BYTES = 256 * 1024
#: Where more come at a time than there are threads, none gains by reading on while it is written.
MOST_AHEAD = 8
ALIVE_SECONDS = 1.0
#: How often what came is made to last while more comes.
NOTED_SECONDS = 5.0
#: How long a new writer waits for one before it in another process, and how often it asks.
TAKE_OVER_SECONDS = 3.0
ASK_SECONDS = 0.1
#: Sums of uploads that may go on here.
MOST_SUMS = 1_000

#: Disk and store, and the rows beside them: never Django's threads, which others wait for.
_threads = ThreadPoolExecutor(max_workers=MOST_AHEAD, thread_name_prefix="uploads")
_active: dict[UUID, "Transfer"] = {}
_sums: "OrderedDict[UUID, tuple[int, hashlib._Hash]]" = OrderedDict()


async def take_in(
    incoming: Incoming,
    upload_id: UUID,
    *,
    offset: int,
    length: int | None = None,
    checksum: Checksum | None = None,
) -> Standing:
    """Write a body to an upload and return that, finished if this was the rest of it.

    Of a client that leaves, what came is kept before ClientGoneError is raised; of one that sent a
    checksum, nothing. Raises what `open_upload` does, and ChecksumMismatchError.
    """
    await _take_over(upload_id, offset)
    writing = await _open(upload_id, offset=offset, coming=incoming.length, length=length)
    transfer = Transfer(writing, checksum)
    _active[upload_id] = transfer
    try:
        sha256 = await transfer.run(incoming)
    finally:
        del _active[upload_id]
        transfer.ended.set()
    return await on_thread(lambda: finish_upload(upload_id, sha256=sha256))


async def flush(upload_id: UUID) -> None:
    """Let what has come of an upload in this process count, for whoever asks how far it is."""
    if transfer := _active.get(upload_id):
        await transfer.note()


async def on_thread(work: Callable[[], T]) -> T:
    """Run what waits for disk, store or database, as whoever sent the request."""

    def run() -> T:
        try:
            return work()
        finally:
            close_old_connections()

    context = copy_context()
    return await asyncio.get_running_loop().run_in_executor(_threads, context.run, run)


async def _take_over(upload_id: UUID, offset: int) -> None:
    """Let the transfer before this one end, if it is in this process: its client is gone.

    One whose offset is another than what came until now disturbs nobody.
    """
    if transfer := _active.get(upload_id):
        await transfer.note()
        if transfer.noted != offset:
            raise UploadOffsetError(
                f"the upload is at offset {transfer.noted}, the body at {offset}"
            )
        transfer.stop()
        try:
            async with asyncio.timeout(TAKE_OVER_SECONDS):
                await transfer.ended.wait()
        except TimeoutError:
            raise UploadBusyError("the request before it does not end: its store hangs") from None


async def _open(upload_id: UUID, *, offset: int, coming: int | None, length: int | None) -> Writing:
    deadline = asyncio.get_running_loop().time() + TAKE_OVER_SECONDS
    while True:
        try:
            return await on_thread(
                lambda: open_upload(upload_id, offset=offset, coming=coming, length=length)
            )
        except UploadBusyError:
            if asyncio.get_running_loop().time() > deadline:
                raise
            await on_thread(lambda: want_upload(upload_id))
            await asyncio.sleep(ASK_SECONDS)


class Transfer:
    """One body on its way into one draft."""

    def __init__(self, writing: Writing, checksum: Checksum | None) -> None:
        self._writing = writing
        self._checksum = checksum
        self._sum = hashlib.new(checksum.algorithm, usedforsecurity=False) if checksum else None
        self._sha256 = _sum_until(writing)
        self._draft: Draft | None = None
        #: A draft is for one thread at a time.
        self._turn = asyncio.Lock()
        self._pending: list[bytes] = []
        self._reading: asyncio.Future[bytes] | None = None
        self._stopped = False
        self._written = self.noted = writing.offset
        self.ended = asyncio.Event()

    async def run(self, incoming: Incoming) -> str:
        """Write all that comes; return the SHA-256 of the upload so far, if it is known."""
        beat: asyncio.Task[None] | None = None
        try:
            draft = self._draft = await self._opened()
            beat = asyncio.create_task(self._beat())
            try:
                await self._write_all(incoming, draft)
            except (ClientGoneError, SilentClientError, StorageFullError):
                if self._checksum is None:
                    await self.note()
                raise
            if self._checksum is not None:
                self._check()
                self._checksum = None
            await self.note()
        finally:
            if beat is not None:
                beat.cancel()
            async with self._turn:
                opened, self._draft = self._draft, None
                if opened is not None:
                    await on_thread(opened.close)
                await on_thread(lambda: give_back(self._writing))
        if self.noted == self._written and self._sha256 is not None:
            _remember(self._writing.upload_id, self.noted, self._sha256)
        return self._sha256.hexdigest() if self._sha256 is not None else ""

    def stop(self) -> None:
        """End it as if its client had left."""
        self._stopped = True
        if self._reading:
            self._reading.cancel()

    async def note(self) -> None:
        """Make what was written last, and note how far the upload is; not before it is checked."""
        draft = self._draft
        if self._checksum is not None or draft is None:
            return
        await self._write(draft)
        async with self._turn:
            written = self._written
            if self._draft is None or written == self.noted:
                return

            def noted() -> bool:
                mark = draft.sync()
                return note_progress(self._writing, offset=written, mark=mark)

            if await on_thread(noted):
                self.noted = written
            else:
                self.stop()

    async def _opened(self) -> Draft:
        """Open the draft; one whose writer was lost a moment ago may still be in its hands."""
        writing = self._writing
        for _ in range(round(TAKE_OVER_SECONDS / ASK_SECONDS)):
            with suppress(DraftBusyError):
                return await on_thread(
                    lambda: open_draft(
                        writing.key,
                        mark=writing.mark,
                        size=writing.offset,
                        data_key=writing.data_key,
                    )
                )
            await asyncio.sleep(ASK_SECONDS)
        raise UploadBusyError("another request still writes to this upload")

    async def _beat(self) -> None:
        """Show that this writer is alive, and from time to time how far it is."""
        loop = asyncio.get_running_loop()
        due = loop.time() + NOTED_SECONDS
        while not self._stopped:
            await asyncio.sleep(ALIVE_SECONDS)
            if not await on_thread(lambda: note_alive(self._writing)):
                self.stop()
            elif loop.time() > due:
                await self.note()
                due = loop.time() + NOTED_SECONDS

    async def _write_all(self, incoming: Incoming, draft: Draft) -> None:
        writing: asyncio.Task[None] | None = None
        try:
            while chunk := await self._next(incoming):
                self._pending.append(chunk)
                if sum(map(len, self._pending)) < WRITTEN_BYTES:
                    continue
                if writing:
                    await writing
                writing = asyncio.create_task(self._write(draft))
                if len(_active) > MOST_AHEAD:
                    await writing
        finally:
            # Also of a client that left: what has come is kept.
            if writing:
                await writing
            await self._write(draft)

    async def _next(self, incoming: Incoming) -> bytes:
        if self._stopped:
            raise ClientGoneError("another request goes on with this upload")
        self._reading = asyncio.ensure_future(incoming.read())
        try:
            return await self._reading
        except asyncio.CancelledError:
            if self._stopped:
                raise ClientGoneError("another request goes on with this upload") from None
            raise
        finally:
            self._reading = None

    async def _write(self, draft: Draft) -> None:
        """Write what has come; whoever is first takes it all, so it stays in its order."""
        async with self._turn:
            chunks, self._pending = self._pending, []
            size = sum(map(len, chunks))
            if self._written + size - self._writing.offset > self._writing.most:
                raise PayloadTooLargeError(
                    f"the upload takes {self._writing.most} bytes more, and others came"
                )

            if chunks:
                loop = asyncio.get_running_loop()
                # To add up takes longer than to write, and need not wait for it.
                added = loop.run_in_executor(_threads, self._add_up, chunks)
                try:
                    await loop.run_in_executor(_threads, draft.write, chunks)
                except BaseException:
                    await added
                    # It has what was not written.
                    self._sha256 = None
                    raise
                await added
                self._written += size

    def _add_up(self, chunks: list[bytes]) -> None:
        for sum_ in (self._sha256, self._sum):
            if sum_ is not None:
                for chunk in chunks:
                    sum_.update(chunk)

    def _check(self) -> None:
        if self._sum is not None and self._checksum is not None:
            found = self._sum.digest()
            if found != self._checksum.digest:
                raise ChecksumMismatchError(
                    f"the body adds up to {self._checksum.algorithm} {found.hex()},"
                    f" not to {self._checksum.digest.hex()}"
                )


def _sum_until(writing: Writing) -> "hashlib._Hash | None":
    """Return the sum that goes on at the offset; None where that was not taken here."""
    if writing.offset == 0:
        return hashlib.sha256()
    offset, known = _sums.get(writing.upload_id, (-1, None))
    return known.copy() if known and offset == writing.offset else None


def _remember(upload_id: UUID, offset: int, sum_: "hashlib._Hash") -> None:
    _sums[upload_id] = (offset, sum_)
    if len(_sums) > MOST_SUMS:
        _sums.popitem(last=False)
