"""What may be done to files, and what is refused."""

from typing import Any

import pytest

from apps.files.conf import LARGEST_BYTES, most_bytes
from apps.files.models import File
from apps.files.services import create_file, delete_file, delete_files, update_file
from kernel.errors import InvalidInputError, LimitExceededError, NotFoundError
from kernel.ids import new_id
from kernel.testing.dynamic import said

pytestmark = pytest.mark.usefixtures("tenant")


def make(name: str) -> File:
    return create_file(name=name, content_type="text/csv", size_bytes=1)


def stored() -> list[tuple[str, str, int, str]]:
    files = File.objects.order_by("name")
    return [(file.name, file.content_type, file.size_bytes, file.state) for file in files]


def test_a_new_file_is_quarantined() -> None:
    create_file(name="Grüße, 你好.csv", content_type="text/csv", size_bytes=0)

    assert stored() == [("Grüße, 你好.csv", "text/csv", 0, "quarantined")]


BAD_NAMES = [
    ("", "name: This field cannot be blank."),
    (" ", "name holds nothing but spaces"),
    ("x" * 256, "name: Ensure this value has at most 255 characters (it has 256)."),
    ("../secret", "a file's name is not a path, found '../secret'"),
    ("a\\b", "a file's name is not a path, found 'a\\\\b'"),
    ("..", "a file's name is not a path, found '..'"),
    ("a\nb", "a file's name has only printable characters, found 'a\\nb'"),
    ("gpj.\u202eexe", "a file's name has only printable characters, found 'gpj.\\u202eexe'"),
]


@pytest.mark.parametrize(("name", "message"), BAD_NAMES)
def test_a_file_that_cannot_be_is_not_made(name: str, message: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        make(name)

    assert str(refused.value) == message
    assert stored() == []


@pytest.mark.parametrize(("name", "message"), [*BAD_NAMES, (None, "name cannot be null")])
def test_a_file_keeps_its_name_rather_than_take_a_bad_one(name: Any, message: str) -> None:
    file = make("a.csv")

    with pytest.raises(InvalidInputError) as refused:
        update_file(id=str(file.pk), name=name)

    assert str(refused.value) == message
    assert stored() == [("a.csv", "text/csv", 1, "quarantined")]


def test_a_file_is_renamed_and_nothing_else_changes() -> None:
    file = make("a.csv")
    File.objects.update(state="clean")

    for _ in range(2):
        assert update_file(id=str(file.pk), name="b.csv").name == "b.csv"
    update_file(id=str(file.pk))

    assert stored() == [("b.csv", "text/csv", 1, "clean")]


def test_a_file_is_removed_once_and_shown_as_it_was() -> None:
    file, _ = make("a.csv"), make("kept.csv")

    removed = delete_file(id=str(file.pk))
    with pytest.raises(NotFoundError, match=f"no file {file.pk}"):
        delete_file(id=str(file.pk))

    assert (removed.pk, removed.name) == (file.pk, "a.csv")
    assert [one[0] for one in stored()] == ["kept.csv"]


def test_many_are_removed_and_each_that_is_not_there_is_named() -> None:
    files = [make(name) for name in ("a.csv", "b.csv", "kept.csv")]
    unknown = str(new_id())

    outcomes = delete_files(ids=[str(files[1].pk), unknown, str(files[0].pk)])

    assert [outcomes[0], outcomes[2]] == [files[1], files[0]]
    assert str(outcomes[1]) == f"no file {unknown}"
    assert [one[0] for one in stored()] == ["kept.csv"]


def test_more_than_a_call_takes_are_not_removed() -> None:
    file = make("kept.csv")

    with pytest.raises(LimitExceededError, match="at most 100 items a call, found 101"):
        delete_files(ids=[str(file.pk)] * 101)

    assert [one[0] for one in stored()] == ["kept.csv"]


def test_operators_lower_what_a_file_may_have() -> None:
    before = most_bytes()

    with said(LARGEST_BYTES, 10):
        assert most_bytes() == 10
    with said(LARGEST_BYTES, 5_000_000_000_000):
        assert most_bytes() == before
