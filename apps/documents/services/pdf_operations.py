"""What is done to PDFs that are there: fetched as who asked may see them, made in the sandbox."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import BinaryIO, cast

from apps.documents.conf import DATA_FILE_BYTES, DOCUMENT_BYTES
from apps.documents.metrics import counted
from apps.documents.models import Document
from apps.documents.services.protecting import passwords_of, protection_of
from apps.documents.services.rendering import Part, Rendered, fill_form, merge, split
from apps.documents.services.signing import read_key, signed
from kernel.errors import PayloadTooLargeError
from kernel.faults import fault_point
from kernel.identity.rights import remaining_rights
from kernel.mesh.fetching import fetched
from kernel.tenancy.context import acting_as

_CHUNK = 1 << 18
_IN_MEMORY = 1 << 20


@contextmanager
def of_files(document: Document) -> Iterator[tuple[Rendered, BinaryIO]]:
    """Give a document that was made of files, signed if there is a key, and its bytes to be read.

    Raises ForbiddenError, NotFetchedError, NotFoundError (the key is gone), PayloadTooLargeError,
    UnavailableError, and what `merge`, `split`, `fill_form` and `signed` do.
    """
    told = document.operation
    # Before any file is read: without its key nothing is made.
    key, protection = read_key(document.signing_key_id), protection_of(document)
    with (
        tempfile.TemporaryFile() as given,
        tempfile.SpooledTemporaryFile(_IN_MEMORY) as file,
    ):
        parts, out = _gathered(document, cast(BinaryIO, given)), cast(BinaryIO, file)
        fault_point("documents-files-read")
        with counted(document.format):
            match told["name"]:
                case "merge":
                    made = merge(parts, out, title=document.title, protection=protection)
                case "split":
                    first, last = told["first"], told["last"]
                    made = split(parts[0], out, first=first, last=last, protection=protection)
                case _:
                    values = document.data.encode()
                    flatten = told["flatten"]
                    made = fill_form(parts[0], values, out, flatten=flatten, protection=protection)
        out.seek(0)
        with signed(made, out, key) as found:
            yield found


def _gathered(document: Document, given: BinaryIO) -> list[Part]:
    """Write the files behind one another, and return where each is."""
    parts: list[Part] = []
    passwords = passwords_of(document)
    start = 0
    for file_id in document.operation["files"]:
        with (
            acting_as(remaining_rights(document.asked_by)),
            fetched(file_id, most_bytes=DATA_FILE_BYTES.value()) as file,
        ):
            given.writelines(file.chunks)
        size = given.tell() - start
        if start + size > DOCUMENT_BYTES.value():
            raise PayloadTooLargeError(
                f"together they have more than {DOCUMENT_BYTES.value()} bytes"
            )
        title = file.name.removesuffix(".pdf")[:200]
        chunks = partial(_read, given, start, size)
        parts.append(
            Part(
                title=title,
                size_bytes=size,
                chunks=chunks,
                password=passwords.get(file_id, ""),
            )
        )
        start += size
    return parts


def _read(given: BinaryIO, start: int, size: int) -> Iterator[bytes]:
    given.seek(start)
    while size and (chunk := given.read(min(size, _CHUNK))):
        size -= len(chunk)
        yield chunk
