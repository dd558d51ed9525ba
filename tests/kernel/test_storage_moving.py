"""While bytes move between stores, whoever reads finds them in either."""

import io
import os
from contextlib import closing
from pathlib import Path

import pytest

from kernel.errors import NotFoundError
from kernel.storage.local import LocalStorage
from kernel.storage.moving import MovingStorage
from kernel.storage.port import new_key


@pytest.fixture
def old(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "old")


@pytest.fixture
def new(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "new")


@pytest.fixture
def moving(new: LocalStorage, old: LocalStorage) -> MovingStorage:
    return MovingStorage(new, old)


def test_what_is_in_either_is_read_and_the_new_one_wins(
    moving: MovingStorage, new: LocalStorage, old: LocalStorage
) -> None:
    there, both, nowhere = (new_key("files") for _ in range(3))
    old.save(there, io.BytesIO(b"old"))
    old.save(both, io.BytesIO(b"old"))
    moving.save(both, io.BytesIO(b"newer"))

    assert (b"".join(moving.read(there)), moving.size(there)) == (b"old", 3)
    assert (b"".join(moving.read(both, start=1)), moving.size(both)) == (b"ewer", 5)
    assert (b"".join(old.read(both)), b"".join(new.read(both))) == (b"old", b"newer")
    assert [moving.exists(key) for key in (there, both, nowhere)] == [True, True, False]
    assert sorted(moving.keys("files")) == sorted([there, both])
    with pytest.raises(NotFoundError):
        list(moving.read(nowhere))


def test_what_is_deleted_is_in_neither(
    moving: MovingStorage, new: LocalStorage, old: LocalStorage
) -> None:
    key = new_key("files")
    for store in (old, new):
        store.save(key, io.BytesIO(b"a"))

    moving.delete(key)

    assert (old.exists(key), new.exists(key), moving.exists(key)) == (False, False, False)


def test_an_upload_that_began_in_the_old_one_ends_there_and_another_in_the_new_one(
    moving: MovingStorage, new: LocalStorage, old: LocalStorage
) -> None:
    begun, fresh = new_key("files"), new_key("files")
    with closing(old.draft(begun)) as draft:
        draft.write([b"hello "])
        draft.sync()

    for key, size in ((begun, 6), (fresh, 0)):
        with closing(moving.draft(key, size=size)) as draft:
            draft.write([b"world"])
            draft.sync()
        moving.publish(key, mark="", size=size + 5)

    assert (b"".join(old.read(begun)), b"".join(new.read(fresh))) == (b"hello world", b"world")
    assert (new.exists(begun), old.exists(fresh)) == (False, False)


def test_an_upload_is_discarded_in_both(moving: MovingStorage, old: LocalStorage) -> None:
    key = new_key("files")
    with closing(old.draft(key)) as draft:
        draft.write([b"hello"])
        draft.sync()

    moving.discard(key, mark="")

    with pytest.raises(NotFoundError):
        old.draft(key, size=5)


def test_parts_in_both_are_joined_in_the_new_one(
    moving: MovingStorage, new: LocalStorage, old: LocalStorage
) -> None:
    parts = [os.urandom(100_000) for _ in range(3)]
    keys = [new_key("files") for _ in parts]
    for key, part, store in zip(keys, parts, (old, new, old), strict=True):
        store.save(key, io.BytesIO(part))
    joined = new_key("files")

    moving.join(joined, keys)

    assert b"".join(new.read(joined)) == b"".join(parts)


def test_a_draft_of_another_kind_of_store_is_not_taken_for_an_own_one(
    moving: MovingStorage, new: LocalStorage
) -> None:
    key, mark = new_key("files"), '{"upload": "x", "parts": [], "tail": 5, "slot": 1}'

    with pytest.raises(NotFoundError):
        new.draft(key, mark=mark, size=5)
    with pytest.raises(NotFoundError):
        moving.publish(key, mark=mark, size=5)
