"""Whatever keeps bytes keeps them alike."""

import io
import os
import socket
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from kernel.errors import DomainError, InvalidInputError, NotFoundError
from kernel.storage.local import LocalStorage
from kernel.storage.port import DraftBusyError, Storage, StorageUnavailableError, new_key
from kernel.storage.s3 import S3Storage
from kernel.storage.s3_drafts import part_bytes

BYTES = bytes(range(256)) * 4_000


@pytest.fixture(params=["local", pytest.param("s3", marks=pytest.mark.live)])
def store(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Storage:
    """A folder, or a bucket of a real server."""
    if request.param == "local":
        return LocalStorage(tmp_path)
    variables = request.getfixturevalue("servers").up("s3")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, variables[name])
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", variables["S3_ENDPOINT_URL"])
    kept = S3Storage.at("s3://septet-tests/some/prefix")
    there = kept._client.list_buckets()["Buckets"]
    if not any(one["Name"] == "septet-tests" for one in there):
        kept._client.create_bucket(Bucket="septet-tests")
    return kept


def test_what_was_saved_is_read_whole_and_in_parts_until_it_is_deleted(store: Storage) -> None:
    key = new_key("audit")

    assert store.save(key, io.BytesIO(BYTES)) == len(BYTES)

    assert b"".join(store.read(key)) == BYTES
    assert b"".join(store.read(key, start=300, length=7)) == BYTES[300:307]
    assert b"".join(store.read(key, start=len(BYTES) - 3)) == BYTES[-3:]
    assert b"".join(store.read(key, start=5, length=0)) == b""
    assert (store.exists(key), store.size(key)) == (True, len(BYTES))
    store.save(key, io.BytesIO(b"other"))
    assert b"".join(store.read(key)) == b"other"
    for _ in range(2):
        store.delete(key)
    assert store.exists(key) is False
    with pytest.raises(NotFoundError):
        store.size(key)
    with pytest.raises(NotFoundError):
        list(store.read(key))
    assert store.discard_drafts(before=datetime(2020, 1, 1, tzinfo=UTC)) == 0


def grown(store: Storage, key: str, pieces: list[bytes]) -> tuple[str, int]:
    """Write a draft, each piece by another opening; return its mark and its size."""
    mark, size = "", 0
    for piece in pieces:
        with closing(store.draft(key, mark=mark, size=size)) as draft:
            draft.write([piece[:100], piece[100:]])
            mark, size = draft.sync(), size + len(piece)
    return mark, size


def left_of(store: Storage, key: str) -> list[str]:
    """Return the names of all that a store keeps for a key."""
    if isinstance(store, LocalStorage):
        return [path.name for path in store._root.rglob(f"{key.rpartition('/')[2]}*")]
    assert isinstance(store, S3Storage)
    found = store._client.list_objects_v2(Bucket="septet-tests", Prefix=store._name(key))
    return [one["Key"].rpartition("/")[2] for one in found.get("Contents", [])]


@pytest.mark.parametrize("sizes", [[], [0], [5], [3_000_000, 1, 6_000_000, 9_000_000, 7]])
def test_a_draft_grows_over_many_openings_and_is_seen_only_when_published(
    store: Storage, sizes: list[int]
) -> None:
    key, pieces = new_key("audit"), [os.urandom(size) for size in sizes]

    mark, size = grown(store, key, pieces)
    assert store.exists(key) is False
    for _ in range(2):
        store.publish(key, mark=mark, size=size)

    assert b"".join(store.read(key)) == b"".join(pieces)
    assert list(store.keys("audit")).count(key) == 1
    assert left_of(store, key) == [key.rpartition("/")[2]]
    assert b"".join(store.read(key, start=size // 2, length=9)) == b"".join(pieces)[size // 2 :][:9]


def test_what_was_written_beyond_the_mark_is_forgotten(store: Storage) -> None:
    key = new_key("audit")
    mark, size = grown(store, key, [b"kept-", b"also "])

    for lost in (b"lost", b"L" * 9_000_000):
        with closing(store.draft(key, mark=mark, size=size)) as draft:
            draft.write([lost])
            # Made to last, but its mark was never noted.
            draft.sync()
    with closing(store.draft(key, mark=mark, size=size)) as draft:
        draft.write([b"end"])
        mark = draft.sync()
    store.publish(key, mark=mark, size=size + 3)

    assert b"".join(store.read(key)) == b"kept-also end"


def test_a_draft_that_is_discarded_leaves_nothing(store: Storage) -> None:
    key = new_key("audit")
    mark, size = grown(store, key, [os.urandom(9_000_000), b"end"])

    for _ in range(2):
        store.discard(key, mark=mark)

    assert left_of(store, key) == []
    with pytest.raises(DomainError):
        store.publish(key, mark=mark, size=size)


@pytest.mark.parametrize("sizes", [(3, 0, 4), (6_000_000, 5_500_000, 1)])
def test_parts_are_joined_in_their_order_and_stay(store: Storage, sizes: tuple[int, ...]) -> None:
    parts = [os.urandom(size) for size in sizes]
    keys = [new_key("audit") for _ in sizes]
    for key, part in zip(keys, parts, strict=True):
        store.save(key, io.BytesIO(part))
    joined = new_key("audit")

    store.join(joined, keys)

    assert b"".join(store.read(joined)) == b"".join(parts)
    assert all(store.exists(key) for key in keys)
    with pytest.raises(NotFoundError):
        store.join(new_key("audit"), [keys[0], new_key("audit")])


def test_the_largest_object_fits_into_the_parts_that_there_may_be() -> None:
    assert sum(part_bytes(before) for before in range(10_000)) > 5 * 10**12
    assert part_bytes(0) == 8 * 1024**2


def test_only_one_writes_a_draft_on_this_machine(tmp_path: Path) -> None:
    store, key = LocalStorage(tmp_path), new_key("audit")
    first = store.draft(key)

    with pytest.raises(DraftBusyError):
        store.draft(key)

    first.close()
    store.draft(key).close()


def test_a_draft_whose_bytes_are_lost_is_not_taken_up(store: Storage) -> None:
    with pytest.raises(NotFoundError):
        store.draft(new_key("audit"), size=7)


def test_a_store_that_does_not_answer_says_so_by_a_code(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{port}")
    store = S3Storage.at("s3://bucket")
    key = new_key("audit")

    for call in (
        lambda: store.save(key, io.BytesIO(b"a")),
        lambda: list(store.read(key)),
        lambda: store.exists(key),
        lambda: store.delete(key),
        lambda: list(store.keys("audit")),
        lambda: grown(store, key, [b"a"]),
        lambda: store.join(key, [key]),
    ):
        with pytest.raises(StorageUnavailableError):
            call()


def test_a_key_of_somebody_elses_making_is_refused(store: Storage) -> None:
    with pytest.raises(InvalidInputError):
        store.save("../etc/passwd", io.BytesIO(b""))


@pytest.mark.parametrize("url", ["s3:///nothing", "https://bucket", "bucket"])
def test_an_address_that_names_no_bucket_is_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        S3Storage.at(url)
