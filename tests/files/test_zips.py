"""Many files as one zip: whole, safe to extract, of what is clean only, and never in memory."""

import io
import shutil
import subprocess
import tracemalloc
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from apps.files.adapters.stores import file_store
from apps.files.domain.zips import Member, Paths, safe_name, zipped
from apps.files.models import Blob, File
from apps.files.selectors import batches
from apps.files.selectors.batches import batch_of_folder, batch_of_ids
from apps.files.services.folders import create_folder, move_files, trash_folder
from apps.files.services.trash import trash_files
from apps.files.services.zipping import zip_of
from kernel.errors import DomainError, InvalidInputError, LimitExceededError, NotFoundError
from kernel.ids import new_id
from kernel.tenancy.context import in_tenant
from kernel.testing.tenants import make_tenant
from tests.files.library import clean, uploaded
from tests.files.site import Answer, Site
from tests.files.test_contents import put

ZIP = "/files/api/zip/"
MOMENT = datetime(2026, 5, 1, 12, tzinfo=UTC)


def member(path: str, body: bytes, media_type: str = "text/plain") -> Member:
    return Member(path=path, size=len(body), media_type=media_type, modified=MOMENT, chunks=[body])


def opened(pieces: Iterator[bytes], folder: Path) -> dict[str, bytes]:
    """Return what a zip holds, once both readers have found nothing wrong with it."""
    path = folder / f"{new_id()}.zip"
    path.write_bytes(b"".join(pieces))
    if program := shutil.which("unzip"):
        done = subprocess.run([program, "-tqq", path], capture_output=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        held = {info.filename: archive.read(info) for info in archive.infolist()}
        assert len(held) == len(archive.infolist())
    return held


def test_both_readers_find_in_it_what_was_put_there(tmp_path: Path) -> None:
    body = b"0123456789" * 50_000

    held = opened(
        zipped([member("a/b.txt", body), member("é.png", body, "image/png"), member("c", b"")]),
        tmp_path,
    )

    assert held == {"a/b.txt": body, "é.png": body, "c": b""}


def test_what_is_packed_already_is_stored_and_the_rest_packed() -> None:
    kinds = {
        "text/plain": True,
        "image/svg+xml": True,
        "application/pdf": True,
        "image/jpeg": False,
        "application/zip": False,
        "video/mp4": False,
        "audio/wav": True,
    }
    data = b"".join(zipped(member(kind, b"a" * 1000, kind) for kind in kinds))

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        found = {info.filename: info.compress_size < 100 for info in archive.infolist()}
        first = archive.infolist()[0]
    assert found == kinds
    assert first.date_time == (2026, 5, 1, 12, 0, 0)


def test_sizes_and_places_beyond_32_bits_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if they were, so that nobody has to pack so much.
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 1_000)
    bodies = {f"{number}.jpg": bytes([number]) * 2_000 for number in range(5)}

    pieces = list(zipped(member(name, body, "image/jpeg") for name, body in bodies.items()))

    assert b"PK\x06\x06" in b"".join(pieces)
    assert opened(iter(pieces), tmp_path) == bodies


def test_memory_does_not_grow_with_a_file() -> None:
    size = 64_000_000
    chunk = bytes(250_000)
    large = Member(
        path="a.jpg",
        size=size,
        media_type="image/jpeg",
        modified=MOMENT,
        chunks=(chunk for _ in range(size // len(chunk))),
    )
    tracemalloc.start()
    sent = sum(len(piece) for piece in zipped([large]))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert sent > size
    assert peak < 3_000_000


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("a.txt", "a.txt"),
        ("..", "_"),
        ("../../etc/passwd", ".._.._etc_passwd"),
        ("..\\x", ".._x"),
        ("C:x", "C_x"),
        ("con", "_con"),
        ("NUL.txt", "_NUL.txt"),
        ("a. ", "a"),
        ("  ", "_"),
        ("x\u202egnp.exe", "x_gnp.exe"),
        ("a\n\x00b", "a__b"),
        (".htaccess", ".htaccess"),
        ("e\u0301", "\u00e9"),
    ],
)
def test_names_are_safe_on_every_system(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_a_long_name_is_cut_and_keeps_its_ending() -> None:
    name = safe_name("é" * 255 + ".txt")

    assert len(name.encode()) <= 200
    assert name.endswith("é.txt")


def test_no_path_is_there_twice_whatever_its_case() -> None:
    paths = Paths()
    names = ["a.txt", "A.txt", "a.txt", "a (2).txt", "b", "b", "a.txt"]

    found = [paths.added("f/", name) for name in names]

    assert found[:3] == ["f/a.txt", "f/A (2).txt", "f/a (3).txt"]
    assert found[4:6] == ["f/b", "f/b (2)"]
    assert len({one.casefold() for one in found}) == len(names)


@pytest.fixture
def tree(tenant: None, folder: Path) -> dict[str, Any]:
    """A folder with a clean file, one below it, an infected one, and one that nobody scanned."""
    plans = create_folder(name="plans")
    inner = create_folder(name="2026", parent_id=str(plans.pk))
    files = {
        "top": clean(b"top", name="a.txt"),
        "inner": clean(b"inner", name="a.txt"),
        "bad": clean(b"bad", name="bad.txt"),
        "new": uploaded(b"new", name="new.txt"),
    }
    Blob.objects.filter(files=files["bad"]).update(state="infected")
    for name, file in files.items():
        place = inner if name == "inner" else plans
        move_files(ids=[str(file.pk)], folder_id=str(place.pk))
    return {"plans": plans, "within": inner, **files}


def test_all_below_a_folder_that_is_clean_is_in_it_and_why_others_are_not(
    tree: dict[str, Any], tmp_path: Path
) -> None:
    batch = batch_of_folder(str(tree["plans"].pk))

    held = opened(zip_of(batch), tmp_path)

    assert batch.name == "plans"
    assert held.pop("left-out.txt").decode().splitlines() == [
        "plans/bad.txt: the file is infected, and only clean ones are given out",
        "plans/new.txt: the file is quarantined, and only clean ones are given out",
    ]
    assert held == {"plans/a.txt": b"top", "plans/2026/a.txt": b"inner"}


def test_files_of_ids_are_in_it_by_their_paths(tree: dict[str, Any], tmp_path: Path) -> None:
    loose = [clean(b"one", name="x.txt"), clean(b"two", name="X.txt")]
    ids = ",".join(str(one.pk) for one in (tree["inner"], *loose))

    held = opened(zip_of(batch_of_ids(ids)), tmp_path)

    assert held.pop("plans/2026/a.txt") == b"inner"
    assert sorted(held.values()) == [b"one", b"two"]
    assert {one.casefold() for one in held} == {"x.txt", "x (2).txt"}


def test_what_becomes_bad_or_is_lost_on_the_way_is_left_out(
    tree: dict[str, Any], tmp_path: Path
) -> None:
    lost = clean(b"lost", name="z.txt")
    assert lost.blob is not None
    batch = batch_of_ids(",".join(str(one.pk) for one in (tree["top"], tree["inner"], lost)))
    Blob.objects.filter(pk=tree["top"].blob_id).update(state="infected")
    file_store().delete(lost.blob.storage_key)

    held = opened(zip_of(batch), tmp_path)

    assert set(held) == {"plans/2026/a.txt", "left-out.txt"}
    assert b"plans/a.txt: the file is infected" in held["left-out.txt"]
    assert b"z.txt: it was removed" in held["left-out.txt"]


def test_who_leaves_lets_go_of_the_file_that_was_read(
    tree: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = []

    class Endless:
        def read(self, _key: str, **_part: object) -> Iterator[bytes]:
            try:
                while True:
                    yield bytes(100_000)
            finally:
                ended.append(True)

    monkeypatch.setattr("apps.files.adapters.sealed.file_store", Endless)
    File.objects.filter(pk=tree["top"].pk).update(detected_type="image/jpeg")
    Blob.objects.filter(pk=tree["top"].blob_id).update(detected_type="image/jpeg")
    pieces = zip_of(batch_of_ids(str(tree["top"].pk)))
    assert [len(next(pieces)) > 50_000 for _ in range(3)] == [True] * 3

    pieces.close()

    assert ended == [True]


def test_limits_are_held(tree: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    folder = str(tree["plans"].pk)
    for name, value in (("ZIP_FILES", 3), ("ZIP_FILES", 1), ("ZIP_BYTES", 7)):
        with monkeypatch.context() as patch:
            patch.setattr(batches, name, SimpleNamespace(value=lambda value=value: value))
            with pytest.raises(LimitExceededError):
                batch_of_folder(folder)
    with pytest.raises(LimitExceededError):
        batch_of_ids(",".join(str(new_id()) for _ in range(101)))
    assert len(batch_of_folder(folder).files) == 4


def test_what_is_not_there_is_told_before_any_byte(tree: dict[str, Any]) -> None:
    with in_tenant(make_tenant().pk):
        theirs, their_folder = uploaded(b"x"), create_folder(name="theirs")
    empty = create_folder(name="empty")
    trashed = clean(b"t", name="t.txt")
    trash_files(ids=[str(trashed.pk)])

    def refused(find: Any, told: str) -> type[DomainError]:
        with pytest.raises(DomainError) as caught:
            find(told)
        return caught.type

    for file_id in (str(theirs.pk), str(trashed.pk), f"{tree['top'].pk},{new_id()}"):
        assert refused(batch_of_ids, file_id) is NotFoundError
    for told in (str(their_folder.pk), str(empty.pk), str(new_id())):
        assert refused(batch_of_folder, told) is NotFoundError
    assert refused(batch_of_ids, "") is InvalidInputError
    assert refused(batch_of_folder, "x") is InvalidInputError
    trash_folder(id=str(tree["plans"].pk))
    assert refused(batch_of_folder, str(tree["plans"].pk)) is NotFoundError


def test_a_batch_asks_as_much_of_many_files_as_of_few(
    tree: dict[str, Any], django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(3):
        batch_of_folder(str(tree["plans"].pk))
    ids = ",".join(str(tree[name].pk) for name in ("top", "inner", "bad", "new"))
    with django_assert_max_num_queries(3):
        batch_of_ids(ids)


def test_it_comes_by_http_in_pieces(site: Site, stranger: str, tmp_path: Path) -> None:
    name = f"{new_id()}.txt"
    body = b"".join(b"%d " % number for number in range(100_000))
    put(site, name, body)
    file_id = site.scanned(name)["id"]

    def ask(method: str, query: str, **told: Any) -> Answer:
        return site.ask(method, f"{ZIP}{query}", None, {"Tus-Resumable": ""}, **told)

    answer, head = ask("GET", f"?ids={file_id}"), ask("HEAD", f"?ids={file_id}")

    assert (answer.status, head.status, head.body) == (200, 200, b"")
    assert opened(iter([answer.body]), tmp_path) == {name: body}
    assert answer.headers["transfer-encoding"] == "chunked"
    assert "content-length" not in answer.headers
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == 'attachment; filename="files.zip"'
    assert answer.headers["content-security-policy"].startswith("sandbox;")
    assert ask("GET", f"?ids={file_id}", key=stranger).code == "NOT_FOUND"
    assert site.ask("GET", f"{ZIP}?ids={file_id}", headers={"Authorization": ""}).status == 401
    for query in ("", f"?ids={file_id}&folder={file_id}", "?ids=x"):
        assert ask("GET", query).code == "INVALID_INPUT"
    assert ask("POST", "").status == 405
