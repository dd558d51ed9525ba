"""Files as rows: what is known of them, and what their owners say of them to be changed."""

import pytest

from apps.files.models import File
from apps.files.services.files import create_file
from apps.files.services.folders import create_folder, move_files
from apps.files.services.labels import label_file
from apps.files.services.trash import trash_files
from contracts.datasets import Mode
from contracts.files import FileLabelled, FileRenamed
from kernel.datasets.services import undo_batch
from kernel.errors import ForbiddenError, InvalidInputError
from kernel.identity.models import Tenant
from kernel.ids import new_id_text
from kernel.tenancy.context import acting_as
from kernel.testing.datasets import exported, imported, somebody, statements
from kernel.testing.events import told
from kernel.testing.tenants import make_tenant

NAME = "files.files"


@pytest.fixture
def files(tenant: Tenant) -> list[File]:
    """Three files, one of them in a folder and with words of its owner."""
    made = [
        create_file(name=name, content_type="text/csv", size_bytes=5)
        for name in ("a.csv", "b.csv", "a.csv")
    ]
    folder = create_folder(name="2026", parent_id=str(create_folder(name="plans").pk))
    move_files(ids=[str(made[0].pk)], folder_id=str(folder.pk))
    label_file(id=str(made[0].pk), tags=["x"], metadata=[{"key": "of", "value": "May"}])
    return made


def test_what_was_exported_is_there_already(tenant: Tenant, files: list[File]) -> None:
    with acting_as(somebody(tenant.pk)):
        rows = exported(NAME)
        assert imported(NAME, rows, mode=Mode.UPDATE) == ["unchanged"] * 3

    assert [row["id"] for row in rows] == [str(file.pk) for file in files]
    first = rows[0]
    assert (first["name"], first["folder"]) == ("a.csv", "/plans/2026")
    assert (first["tags"], first["metadata"]) == (["x"], {"of": "May"})
    assert rows[1]["folder"] == "/"


def test_names_tags_and_metadata_are_changed_and_brought_back(
    tenant: Tenant, files: list[File]
) -> None:
    first, second, third = (str(file.pk) for file in files)

    with acting_as(somebody(tenant.pk)):
        outcomes = imported(
            NAME,
            [
                {"id": first, "tags": ["z", "y"], "metadata": {}},
                {"id": second, "name": "c.csv", "size_bytes": 99},
                {"id": third, "name": "no/slash"},
                {"id": new_id_text(), "name": "d.csv"},
            ],
            mode=Mode.UPDATE,
            batch="b-1",
        )
        changed = exported(NAME, size=5)
        assert imported(NAME, [{"id": third, "tags": "x"}], mode=Mode.UPDATE) == [
            "refused INVALID_INPUT"
        ]
        assert undo_batch(NAME, batch="b-1").undone == 2
        after = exported(NAME, size=5)

    assert outcomes == ["updated", "updated", "refused INVALID_INPUT", "refused NOT_FOUND"]
    assert (changed[0]["tags"], changed[0]["metadata"]) == (["y", "z"], {})
    assert (changed[1]["name"], changed[1]["size_bytes"]) == ("c.csv", 5)
    assert (after[0]["tags"], after[0]["metadata"], after[1]["name"]) == (
        ["x"],
        {"of": "May"},
        "b.csv",
    )
    assert len(told(FileLabelled)) == 3
    assert len(told(FileRenamed)) == 2


def test_no_file_is_made_or_removed(tenant: Tenant, files: list[File]) -> None:
    with acting_as(somebody(tenant.pk)):
        for mode in (Mode.INSERT, Mode.DELETE, Mode.REPLACE):
            with pytest.raises(InvalidInputError, match="by update"):
                imported(NAME, [{"id": str(files[0].pk)}], mode=mode)


def test_what_somebody_may_not_see_is_not_there(tenant: Tenant, files: list[File]) -> None:
    File.objects.filter(pk=files[0].pk).update(reader_scope="audit:personal")
    trash_files(ids=[str(files[1].pk)])
    hidden = [{"id": str(file.pk), "name": "x.csv"} for file in files[:2]]

    with acting_as(somebody(tenant.pk, "files:read", "files:write")):
        assert [row["id"] for row in exported(NAME)] == [str(files[2].pk)]
        assert imported(NAME, hidden, mode=Mode.UPDATE) == ["refused NOT_FOUND"] * 2
    with acting_as(somebody(tenant.pk, "files:read")), pytest.raises(ForbiddenError):
        imported(NAME, hidden, mode=Mode.UPDATE)
    with acting_as(somebody(make_tenant().pk)):
        assert exported(NAME) == []


def test_a_page_takes_as_many_statements_for_many(tenant: Tenant, files: list[File]) -> None:
    with acting_as(somebody(tenant.pk)):
        assert [statements(NAME, size=size) for size in (1, 3)] == [4, 4]
