"""Bytes on their way from one store to another, while the platform goes on.

A blob is moved when its bytes were read back from the new store and add up. That is noted in its
row, so whoever begins again goes on where it ended. What is there beside blobs (parts of uploads,
for one) is moved after them, and noted nowhere: the new store tells what it has.
"""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import BinaryIO, TypeVar, cast
from uuid import UUID

from django.db.models import Sum

from apps.files.adapters.stores import file_store
from apps.files.conf import storage_url
from apps.files.domain.digests import Summed, sha256_of
from apps.files.models import Blob
from apps.files.services.locking import kept_blobs, lock_kept
from kernel.errors import DomainError, InvalidInputError, NotFoundError
from kernel.faults import fault_point
from kernel.storage.joined import Joined
from kernel.storage.moving import MovingStorage
from kernel.tenancy.context import in_tenant

T = TypeVar("T")

READ_AT_ONCE = 200


@dataclass(slots=True)
class Moved:
    """How far it is."""

    #: Blobs that were to be moved, and all their bytes; what else is found comes on top.
    total: int
    total_bytes: int
    done: int = 0
    done_bytes: int = 0
    removed: int = 0
    #: Keys, and what is wrong with each.
    failed: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _One:
    """A key to move, and what is known of its bytes."""

    key: str
    sha256: str = ""


def move_files(*, at_once: int, remove: bool = False, dry_run: bool = False) -> Iterator[Moved]:
    """Move all bytes from the store before to the one that is now, and tell how far it is.

    With `remove`, what was moved goes from the old store. Raises InvalidInputError when there is
    none.
    """
    store, target = file_store(), storage_url() or "local"
    if not isinstance(store, MovingStorage):
        raise InvalidInputError("FILES_STORAGE_BEFORE names no store to move from")
    rows = Blob.across_tenants.exclude(moved_to=target)
    total = rows.aggregate(sum=Sum("size_bytes"))["sum"]
    moved = Moved(rows.count(), total or 0)
    yield moved
    if dry_run:
        return
    with ThreadPoolExecutor(at_once, thread_name_prefix="move") as threads:
        move = partial(_move, store)
        for some in _some(_blobs(target), at_once):
            for one, size in zip(some, threads.map(partial(_told, move, moved), some), strict=True):
                if size is not None:
                    _note(store, one, target, moved, size)
            yield moved
        for others in _some(_others(store), at_once):
            for size in threads.map(partial(_told, move, moved), others):
                if size is not None:
                    moved.done, moved.done_bytes = moved.done + 1, moved.done_bytes + size
            yield moved
    if remove:
        yield from _removed(store, target, moved)


def _blobs(target: str) -> Iterator[_One]:
    after = UUID(int=0)
    while True:
        rows = Blob.across_tenants.exclude(moved_to=target).filter(pk__gt=after).order_by("pk")
        found = list(rows.values_list("pk", "storage_key", "sha256", "encrypted")[:READ_AT_ONCE])
        if not found:
            return
        for _, key, sha256, encrypted in found:
            # The sum is that of the plain bytes.
            yield _One(key=key, sha256="" if encrypted else sha256)
        after = found[-1][0]


def _others(store: MovingStorage) -> Iterator[_One]:
    """Give the keys of the old store that are no blobs, and not in the new one yet."""
    for keys in _some(store.old.keys("files"), READ_AT_ONCE):
        blobs = _moved_among(keys, None)
        yield from (_One(key=key) for key in keys if key not in blobs and not store.new.exists(key))


def _moved_among(keys: Sequence[str], target: str | None) -> set[str]:
    rows = Blob.across_tenants.filter(storage_key__in=keys)
    rows = rows if target is None else rows.filter(moved_to=target)
    return set(rows.values_list("storage_key", flat=True))


def _move(store: MovingStorage, one: _One) -> int:
    """Copy the bytes of a key and read them back; return how many. Raises DomainError."""
    if not store.old.exists(one.key):
        # They came after the new store had become the one.
        return store.new.size(one.key)
    source = Summed(store.old.read(one.key))
    size = store.new.save(one.key, cast(BinaryIO, Joined(iter(source))))
    fault_point("files-copied")
    back = sha256_of(store.new.read(one.key))
    if back != source.sha256:
        store.new.delete(one.key)
        raise InvalidInputError("what was read back is not what was written")
    if one.sha256 not in {"", back}:
        raise InvalidInputError("the bytes are not those of its row: they were changed before")
    return size


def _told(move: partial[int], moved: Moved, one: _One) -> int | None:
    try:
        return move(one)
    except DomainError as error:
        moved.failed[one.key] = str(error)
        return None


def _note(store: MovingStorage, one: _One, target: str, moved: Moved, size: int) -> None:
    if Blob.across_tenants.filter(storage_key=one.key).update(moved_to=target):
        moved.done, moved.done_bytes = moved.done + 1, moved.done_bytes + size
        _lock(one.key)
    else:
        # It was removed meanwhile.
        store.delete(one.key)
    fault_point("files-moved")


def _lock(key: str) -> None:
    """Let the new store keep what the old one did."""
    for blob in kept_blobs(Blob.across_tenants.filter(storage_key=key)):
        with in_tenant(blob.tenant_id):
            lock_kept([blob.pk])


def _removed(store: MovingStorage, target: str, moved: Moved) -> Iterator[Moved]:
    """Remove from the old store what is in the new one, and was seen to be."""
    for keys in _some(store.old.keys("files"), READ_AT_ONCE):
        blobs, seen = _moved_among(keys, None), _moved_among(keys, target)
        for key in keys:
            others = key not in blobs and key not in moved.failed and _same(store, key)
            if key in seen or others:
                store.old.delete(key)
                moved.removed += 1
        yield moved


def _same(store: MovingStorage, key: str) -> bool:
    try:
        return store.new.size(key) == store.old.size(key)
    except NotFoundError:
        return False


def _some(items: Iterable[T], most: int) -> Iterator[tuple[T, ...]]:
    rest = iter(items)
    while found := tuple(islice(rest, most)):
        yield found
