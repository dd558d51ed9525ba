"""Many files given out as one: each is looked at when its turn comes."""

from collections.abc import Generator, Iterator
from itertools import chain

from apps.files.domain.zips import Member, zipped
from apps.files.errors import NotServedError
from apps.files.selectors.batches import Batch, Wanted
from apps.files.selectors.contents import clean_version
from kernel import clock
from kernel.errors import DomainError

LEFT_OUT = "left-out.txt"


def zip_of(batch: Batch) -> Generator[bytes, None, None]:
    """Yield a zip of the files that are clean, and at its end why others are not in it.

    Raises DomainError, or OSError, when the store fails in the middle of a file: what has come
    until then is no whole zip, and does not look like one.
    """
    yield from zipped(_members(batch))


def _members(batch: Batch) -> Iterator[Member]:
    left_out: list[str] = []
    for wanted in batch.files:
        try:
            yield _member(wanted)
        except _LeftOutError as error:
            left_out.append(f"{wanted.path}: {error}\n")
    if left_out:
        text = "".join(left_out).encode()
        yield Member(
            path=batch.paths.added("", LEFT_OUT),
            size=len(text),
            media_type="text/plain",
            modified=clock.now(),
            chunks=[text],
        )


class _LeftOutError(Exception):
    """Why a file is not among the others."""


def _member(wanted: Wanted) -> Member:
    if not wanted.version:
        raise _LeftOutError("its bytes are not here yet")
    try:
        content = clean_version(wanted.id, wanted.version)
        chunks = content.stored.read()
        # Before anything of it is written: what the store cannot give is left out.
        first = next(chunks, b"")
    except NotServedError as error:
        raise _LeftOutError(str(error)) from None
    except DomainError:
        raise _LeftOutError("it was removed, or its bytes cannot be read for now") from None
    return Member(
        path=wanted.path,
        size=content.stored.size,
        media_type=content.detected_type,
        modified=wanted.created_at,
        chunks=chain([first], chunks),
    )
