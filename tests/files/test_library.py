"""Versions, folders, copies, the trash, holds: what each promises, and what it refuses."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from apps.files.conf import TRASH_DAYS
from apps.files.errors import FileHeldError, NotServedError, PreconditionError, UploadGoneError
from apps.files.models import Blob, File, FileTag, FileVersion, Folder, UploadSession
from apps.files.selectors.contents import clean_content
from apps.files.selectors.library import folder_at, paths_of
from apps.files.services import delete_file, delete_files
from apps.files.services.copying import copy_file, copy_folder
from apps.files.services.folders import (
    create_folder,
    delete_folder,
    move_files,
    move_folder,
    restore_folder,
    trash_folder,
    update_folder,
)
from apps.files.services.holding import hold_file, lift_file_hold, retain_file
from apps.files.services.labels import label_file
from apps.files.services.orphans import forget_unknown, note_lost
from apps.files.services.trash import purge_trash, restore_files, trash_files
from apps.files.services.uploads import (
    begin_upload,
    begin_version,
    end_upload,
    finish_upload,
    open_upload,
)
from apps.files.services.versions import restore_file_version
from contracts.files import (
    FileCreated,
    FileHeld,
    FileHoldLifted,
    FileMoved,
    FileRestored,
    FileRetained,
    FileTrashed,
    FileVersionAdded,
    FolderDeleted,
    FolderMoved,
    FolderTrashed,
)
from kernel import clock
from kernel.errors import (
    ConflictError,
    InvalidInputError,
    LimitExceededError,
    NotFoundError,
)
from kernel.identity.models import Tenant
from kernel.storage.local import LocalStorage
from kernel.testing.events import told
from kernel.testing.jobs import drain
from tests.files.library import asked, clean, together, uploaded, used, write

pytestmark = pytest.mark.usefixtures("tenant", "folder")


def follow(file: File, body: bytes, tag: str = "") -> File:
    """Upload what the file has next."""
    tag = tag or f'"{file.sha256}"'
    upload = begin_version(asked(len(body)), file_id=str(file.pk), tag=tag, content_type="text/x")
    write(open_upload(upload.id, offset=0, coming=len(body)), body)
    finish_upload(upload.id)
    drain()
    return File.objects.get(pk=file.pk)


def content(file: File) -> bytes:
    return b"".join(clean_content(str(file.pk)).stored.read())


def test_a_file_has_other_bytes_and_then_those_before_again() -> None:
    first = clean(b"hello")
    file = follow(first, b"world!")
    assert (file.version, file.size_bytes, content(file)) == (2, 6, b"world!")
    assert (file.content_type, used()) == ("text/x", 11)

    file = restore_file_version(id=str(file.pk), number=1)

    assert (file.version, file.state, content(file)) == (3, "clean", b"hello")
    assert (file.content_type, used()) == (first.content_type, 11)
    versions = FileVersion.objects.order_by("number")
    assert [(one.number, one.note) for one in versions] == [
        (1, ""),
        (2, ""),
        (3, "version 1 again"),
    ]
    assert [(one.version, one.size_bytes) for one in told(FileVersionAdded)] == [(2, 6), (3, 5)]
    assert len(told(FileCreated)) == 1


def test_while_the_next_version_is_not_scanned_nothing_is_given_out() -> None:
    file = clean(b"hello")
    upload = begin_version(asked(1), file_id=str(file.pk), tag="*")
    assert content(file) == b"hello"
    write(open_upload(upload.id, offset=0, coming=1), b"x")
    finish_upload(upload.id)

    with pytest.raises(NotServedError):
        clean_content(str(file.pk))


@pytest.mark.parametrize("tag", ["", '"abc"', f'"{"0" * 64}"'])
def test_a_version_that_follows_another_one_is_refused(tag: str) -> None:
    file = clean(b"hello")

    with pytest.raises(PreconditionError):
        begin_version(asked(1), file_id=str(file.pk), tag=tag)

    assert (used(), UploadSession.objects.count()) == (5, 1)


def test_of_two_next_versions_the_one_that_is_done_first_counts(folder: Path) -> None:
    file = clean(b"hello")
    tag = f'"{file.sha256}"'
    slow = begin_version(asked(4), file_id=str(file.pk), tag=tag)
    write(open_upload(slow.id, offset=0, coming=4), b"slow")
    follow(file, b"fast")

    with pytest.raises(PreconditionError):
        finish_upload(slow.id)
    drain()

    file.refresh_from_db()
    assert (file.version, content(file), used()) == (2, b"fast", 9)
    assert Blob.objects.count() == 2


def test_a_version_that_is_ended_leaves_its_file(folder: Path) -> None:
    file = clean(b"hello")
    upload = begin_version(asked(4), file_id=str(file.pk), tag="*")

    end_upload(upload.id)

    file.refresh_from_db()
    assert (content(file), used()) == (b"hello", 5)


def test_removed_meanwhile_a_file_takes_its_next_version_with_it(folder: Path) -> None:
    file = clean(b"hello")
    upload = begin_version(asked(4), file_id=str(file.pk), tag="*")
    writing = open_upload(upload.id, offset=0, coming=4)
    # As if its row was read before the file went.
    write(writing, b"next")
    delete_file(id=str(file.pk))
    with pytest.raises(UploadGoneError):
        open_upload(upload.id, offset=4, coming=0)
    drain()

    assert (used(), [path for path in folder.rglob("*") if path.is_file()]) == (0, [])


def test_versions_that_cannot_be_restored() -> None:
    file = clean(b"hello")

    with pytest.raises(ConflictError):
        restore_file_version(id=str(file.pk), number=1)
    with pytest.raises(NotFoundError):
        restore_file_version(id=str(file.pk), number=2)


def nested(depth: int) -> list[Folder]:
    made: list[Folder] = []
    for number in range(depth):
        parent = str(made[-1].pk) if made else None
        made.append(create_folder(name=f"f{number}", parent_id=parent))
    return made


def test_folders_are_found_by_their_path() -> None:
    folders = nested(3)

    assert folder_at("/f0/f1/f2") == folders[2]
    assert paths_of([str(folders[2].pk)]) == {str(folders[2].pk): "/f0/f1/f2"}
    for path in ("/f1", "/f0/f2", "/f0/f1/f2/f3"):
        with pytest.raises(NotFoundError):
            folder_at(path)
    for path in ("", "/", "/f0//f2", "/a" * 33):
        with pytest.raises(InvalidInputError):
            folder_at(path)


def test_folders_in_one_place_have_different_names() -> None:
    top = create_folder(name="a")
    create_folder(name="a", parent_id=str(top.pk))
    other = create_folder(name="b")

    with pytest.raises(ConflictError):
        create_folder(name="a")
    with pytest.raises(ConflictError):
        update_folder(id=str(other.pk), name="a")
    with pytest.raises(ConflictError):
        create_folder(name="a", parent_id=str(top.pk))
    for name in ("", "a/b", "..", "a\nb", "x" * 256):
        with pytest.raises(InvalidInputError):
            create_folder(name=name)
    assert Folder.objects.count() == 3


def test_folders_are_so_deep_and_no_deeper() -> None:
    folders = nested(32)

    with pytest.raises(LimitExceededError):
        create_folder(name="x", parent_id=str(folders[-1].pk))
    below = create_folder(name="below")
    create_folder(name="x", parent_id=str(below.pk))
    with pytest.raises(LimitExceededError):
        move_folder(id=str(below.pk), parent_id=str(folders[30].pk))
    move_folder(id=str(below.pk), parent_id=str(folders[29].pk))


def test_a_folder_moves_with_all_in_it_and_never_into_itself() -> None:
    first, second, third = nested(3)
    other = create_folder(name="other")

    for into in (first, second, third):
        with pytest.raises(ConflictError):
            move_folder(id=str(first.pk), parent_id=str(into.pk))
    move_folder(id=str(second.pk), parent_id=str(other.pk))

    assert folder_at("/other/f1/f2") == third
    assert told(FolderMoved) == [
        FolderMoved(
            folder_id=str(second.pk),
            name="f1",
            parent_id=str(other.pk),
            previous_parent_id=str(first.pk),
        )
    ]
    move_folder(id=str(second.pk))
    assert folder_at("/f1/f2") == third


def test_files_are_moved_together() -> None:
    top = create_folder(name="a")
    file = clean(b"hello")

    move_files(ids=[str(file.pk)], folder_id=str(top.pk))
    outcomes = move_files(ids=[str(file.pk), "x"], folder_id=str(top.pk))

    assert [type(one) for one in outcomes] == [File, InvalidInputError]
    assert File.objects.get().folder == top
    assert len(told(FileMoved)) == 1


def test_copies_share_bytes_and_take_no_room() -> None:
    top, inner = nested(2)
    file = clean(b"hello")
    label_file(id=str(file.pk), tags=["b", "a"], metadata=[{"key": "k", "value": "v"}])
    move_files(ids=[str(file.pk)], folder_id=str(inner.pk))
    uploaded(b"not scanned", name="b")

    copy = copy_file(id=str(file.pk), name="copy")
    tree = copy_folder(id=str(top.pk), name="tree")

    assert (copy.name, copy.folder, content(copy)) == ("copy", None, b"hello")
    assert used() == 16
    assert FileTag.objects.filter(file=copy).count() == 2
    [inside] = File.objects.filter(folder=folder_at("/tree/f1"))
    assert (inside.metadata, content(inside)) == ({"k": "v"}, b"hello")
    assert tree.name == "tree"
    delete_file(id=str(file.pk))
    drain()
    assert content(copy) == b"hello"
    with pytest.raises(ConflictError):
        copy_folder(id=str(top.pk), parent_id=str(inner.pk))


def test_what_is_not_clean_is_not_copied() -> None:
    with pytest.raises(NotServedError):
        copy_file(id=str(uploaded(b"hello").pk))


def test_the_trash_gives_back_or_forgets() -> None:
    back, gone = clean(b"hello", name="a"), clean(b"world", name="b")
    trash_files(ids=[str(back.pk), str(gone.pk)])
    with pytest.raises(NotFoundError):
        clean_content(str(back.pk))
    assert [type(one) for one in trash_files(ids=[str(back.pk)])] == [ConflictError]

    restore_files(ids=[str(back.pk)])
    assert content(back) == b"hello"
    purge_trash()
    assert File.objects.count() == 2
    later = clock.now() + timedelta(days=TRASH_DAYS.value(), seconds=1)
    with patch.object(clock, "now", lambda: later):
        purge_trash()
        drain()

    assert ([one.name for one in File.objects.all()], used()) == (["a"], 5)
    assert (len(told(FileTrashed)), len(told(FileRestored))) == (2, 1)


def test_a_folder_goes_into_the_trash_and_comes_back_with_what_went_with_it() -> None:
    top, inner = nested(2)
    before, file = clean(b"a", name="a"), clean(b"b", name="b")
    move_files(ids=[str(before.pk), str(file.pk)], folder_id=str(inner.pk))
    trash_files(ids=[str(before.pk)])

    trash_folder(id=str(top.pk))
    with pytest.raises(NotFoundError):
        clean_content(str(file.pk))
    with pytest.raises(NotFoundError):
        folder_at("/f0/f1")
    with pytest.raises(NotFoundError):
        create_folder(name="x", parent_id=str(inner.pk))
    create_folder(name="f0")
    with pytest.raises(ConflictError):
        restore_folder(id=str(top.pk))
    delete_folder(id=str(folder_at("/f0").pk))
    restore_folder(id=str(top.pk))

    assert content(file) == b"b"
    assert folder_at("/f0/f1") == inner
    with pytest.raises(NotFoundError):
        clean_content(str(before.pk))
    assert [one.files for one in told(FolderTrashed)] == [1]


def test_a_folder_in_the_trash_goes_from_the_inside_out() -> None:
    top, inner = nested(2)
    file = clean(b"a")
    move_files(ids=[str(file.pk)], folder_id=str(inner.pk))
    trash_folder(id=str(top.pk))
    later = clock.now() + timedelta(days=TRASH_DAYS.value(), seconds=1)

    with patch.object(clock, "now", lambda: later):
        for left in (1, 0):
            purge_trash()
            assert Folder.objects.count() == left

    assert (File.objects.count(), used()) == (0, 0)
    assert [one.name for one in told(FolderDeleted)] == ["f1", "f0"]


def test_a_folder_is_removed_with_all_in_it() -> None:
    top, inner = nested(2)
    for number, place in enumerate((top, inner, None)):
        file = clean(b"x" * (number + 1), name=f"{number}")
        move_files(ids=[str(file.pk)], folder_id=str(place.pk) if place else None)

    delete_folder(id=str(top.pk))

    assert [one.name for one in File.objects.all()] == ["2"]
    assert (Folder.objects.count(), used()) == (0, 3)


def test_more_than_a_call_takes_is_not_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    top, _ = nested(2)
    monkeypatch.setattr("apps.files.services.folders.MOST_INSIDE", 0)

    with pytest.raises(LimitExceededError):
        delete_folder(id=str(top.pk))

    assert Folder.objects.count() == 2


def test_what_is_held_stays_as_it_is() -> None:
    top = create_folder(name="a")
    file = clean(b"hello")
    id_ = str(file.pk)
    follow(file, b"world")
    move_files(ids=[id_], folder_id=str(top.pk))
    file.refresh_from_db()
    pending = begin_version(asked(1), file_id=id_, tag="*")
    write(open_upload(pending.id, offset=0, coming=1), b"x")
    hold_file(id=id_, reason="case 7")
    # Held also when it lies in the trash already.
    File.objects.filter(pk=id_).update(trashed_at=clock.now())
    later = clock.now() + timedelta(days=4000)
    with patch.object(clock, "now", lambda: later):
        purge_trash()
    File.objects.filter(pk=id_).update(trashed_at=None)

    refused: list[Callable[[], object]] = [
        lambda: delete_file(id=id_),
        lambda: restore_file_version(id=id_, number=1),
        lambda: begin_version(asked(1), file_id=id_, tag="*"),
        lambda: trash_folder(id=str(top.pk)),
        lambda: delete_folder(id=str(top.pk)),
    ]
    for work in refused:
        with pytest.raises(FileHeldError):
            work()
    with pytest.raises(PreconditionError):
        finish_upload(pending.id)
    outcomes = [*delete_files(ids=[id_]), *trash_files(ids=[id_])]
    assert [type(one) for one in outcomes] == [FileHeldError, FileHeldError]
    with pytest.raises(ConflictError):
        hold_file(id=id_, reason="case 8")
    assert content(file) == b"world"

    lift_file_hold(id=id_, reason="case closed")
    with pytest.raises(ConflictError):
        lift_file_hold(id=id_, reason="again")
    delete_file(id=id_)
    assert told(FileHeld) == [FileHeld(file_id=id_, name="a.bin", reason="case 7")]
    assert told(FileHoldLifted) == [FileHoldLifted(file_id=id_, name="a.bin", reason="case closed")]


@pytest.mark.parametrize("reason", ["", " ", "x" * 501])
def test_a_hold_has_a_reason(reason: str) -> None:
    file = clean(b"hello")

    with pytest.raises(InvalidInputError):
        hold_file(id=str(file.pk), reason=reason)

    file.refresh_from_db()
    assert not file.held


def test_what_is_retained_is_kept_until_then_and_never_shorter() -> None:
    file = clean(b"hello")
    until = clock.now() + timedelta(days=2)
    for _ in range(2):
        retain_file(id=str(file.pk), until=until)

    with pytest.raises(ConflictError):
        retain_file(id=str(file.pk), until=until - timedelta(days=1))
    with pytest.raises(InvalidInputError):
        retain_file(id=str(file.pk), until=clock.now())
    with pytest.raises(FileHeldError):
        delete_file(id=str(file.pk))
    assert len(told(FileRetained)) == 1

    with patch.object(clock, "now", lambda: until + timedelta(seconds=1)):
        delete_file(id=str(file.pk))


@pytest.mark.parametrize(
    "wrong",
    [
        {"tags": [""]},
        {"tags": ["x" * 61]},
        {"tags": [f"{n}" for n in range(21)]},
        {"tags": ["a\nb"]},
        {"metadata": [{"key": "", "value": "v"}]},
        {"metadata": [{"key": "k", "value": "v" * 1001}]},
        {"metadata": [{"key": "k", "value": "\0"}]},
        {"metadata": [{"key": "k", "value": "1"}, {"key": "k", "value": "2"}]},
        {"metadata": [{"key": f"{n}", "value": ""} for n in range(51)]},
    ],
)
def test_labels_that_no_file_can_have(wrong: dict[str, Any]) -> None:
    file = clean(b"hello")

    with pytest.raises(InvalidInputError):
        label_file(id=str(file.pk), **wrong)

    file.refresh_from_db()
    assert (file.metadata, FileTag.objects.count()) == ({}, 0)


def test_bytes_and_rows_that_lost_each_other_are_brought_together(folder: Path) -> None:
    kept, lost = clean(b"hello", name="a"), clean(b"world", name="b")
    store = LocalStorage(folder)
    unknown = store.draft("files/ab/01a2239f-9bb4-764b-9cf3-1f214391f56e")
    unknown.write([b"nobody's"])
    mark = unknown.sync()
    unknown.close()
    store.publish("files/ab/01a2239f-9bb4-764b-9cf3-1f214391f56e", mark=mark, size=8)
    store.delete(Blob.objects.get(files=lost).storage_key)

    assert (forget_unknown(), note_lost()) == (1, 1)
    assert (forget_unknown(), note_lost()) == (0, 0)

    assert content(kept) == b"hello"
    lost.refresh_from_db()
    assert (lost.state, lost.finding) == ("unscannable", "its bytes are not there")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_moves_at_once_make_no_circle(tenant: Tenant) -> None:
    for number in range(5):
        first, second = (str(create_folder(name=f"{number}{name}").pk) for name in "ab")
        failed = together(
            tenant,
            partial(move_folder, id=first, parent_id=second),
            partial(move_folder, id=second, parent_id=first),
        )

        assert [type(error) for error in failed] == [ConflictError]
        assert Folder.objects.filter(pk__in=[first, second], parent=None).count() == 1


def test_who_writes_to_an_upload_that_has_its_room_waits_for_no_other_of_the_tenant() -> None:
    known, unknown = begin_upload(asked(3), name="a"), begin_upload(asked(None), name="b")
    locks = []
    for upload in (known, unknown):
        with patch("apps.files.services.uploads.lock_usage") as lock:
            open_upload(upload.id, offset=0, coming=3)
        locks.append(lock.called)

    assert locks == [False, True]
