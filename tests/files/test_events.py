"""What is told of files: each change once, with its transaction, and nothing without a change."""

import pytest

from apps.files.services import create_file, delete_file, delete_files, update_file
from contracts.files import FileCreated, FileDeleted, FileRenamed
from kernel.errors import InvalidInputError
from kernel.ids import new_id
from kernel.testing.events import published

pytestmark = pytest.mark.usefixtures("tenant")


def test_each_change_of_a_file_is_told() -> None:
    file = create_file(name="a.csv", content_type="text/csv", size_bytes=7)
    id_ = str(file.pk)
    update_file(id=id_, name="b.csv")
    delete_file(id=id_)

    assert published() == [
        FileCreated(file_id=id_, name="a.csv", content_type="text/csv", size_bytes=7),
        FileRenamed(file_id=id_, name="b.csv", previous_name="a.csv"),
        FileDeleted(file_id=id_, name="b.csv"),
    ]


def test_what_changes_nothing_is_not_told() -> None:
    file = create_file(name="a.csv", content_type="text/csv", size_bytes=7)

    update_file(id=str(file.pk))
    update_file(id=str(file.pk), name="a.csv")
    with pytest.raises(InvalidInputError):
        update_file(id=str(file.pk), name="../a.csv")

    assert [type(event) for event in published()] == [FileCreated]


def test_of_many_those_are_told_that_are_gone() -> None:
    file = create_file(name="a.csv", content_type="text/csv", size_bytes=7)

    delete_files(ids=[str(new_id()), str(file.pk)])

    assert published()[1:] == [FileDeleted(file_id=str(file.pk), name="a.csv")]
