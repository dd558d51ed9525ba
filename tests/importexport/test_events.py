"""What is told of imports: each change once, with its transaction."""

import pytest

from apps.importexport.models import ImportFormat, ImportJob
from apps.importexport.services import (
    cancel_import,
    create_import,
    delete_import,
    delete_imports,
)
from contracts.importexport import ImportCancelled, ImportCreated, ImportDeleted
from kernel.errors import ConflictError
from kernel.ids import new_id
from kernel.testing.events import published

pytestmark = pytest.mark.usefixtures("tenant")


def test_each_change_of_an_import_is_told() -> None:
    source = str(new_id())
    id_ = str(create_import(name="a.csv", format=ImportFormat.CSV, source_id=source).pk)
    cancel_import(id=id_)
    cancel_import(id=id_)
    delete_import(id=id_)

    assert published() == [
        ImportCreated(import_id=id_, name="a.csv", format="csv", source_id=source),
        ImportCancelled(import_id=id_, name="a.csv"),
        ImportDeleted(import_id=id_, name="a.csv"),
    ]


def test_of_many_those_are_told_that_are_gone() -> None:
    id_ = str(create_import(name="a.csv", format=ImportFormat.CSV).pk)
    running = ImportJob.objects.create(name="b.csv", format=ImportFormat.CSV, state="running")

    delete_imports(ids=[str(running.pk), id_])
    with pytest.raises(ConflictError):
        delete_import(id=str(running.pk))

    assert published()[1:] == [ImportDeleted(import_id=id_, name="a.csv")]
