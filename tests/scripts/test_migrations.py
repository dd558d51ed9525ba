"""Which changes of tables are told as such that would stop a platform in use."""

from collections.abc import Sequence
from typing import Any

import pytest
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.migrations import operations as ops
from django.db.migrations.migration import Migration
from django.db.migrations.state import ModelState, ProjectState
from django.db.models.functions import Now

from kernel.database.changing import AddIndexConcurrently
from scripts.migrations import problems_of

ID: list[tuple[str, models.Field[Any, Any]]] = [("id", models.BigAutoField(primary_key=True))]
INDEX = models.Index(fields=["name"], name="some_by_name")


def found(*operations: Any, holds: str = "") -> Sequence[str]:
    state = ProjectState()
    name = models.CharField(max_length=10, null=True)
    state.add_model(ModelState("files", "Some", [*ID, ("name", name)]))
    told = {"operations": [*operations], "holds": holds}
    migration = type("Next", (Migration,), told)("0002_next", "files")
    return [*problems_of(migration, state)]


@pytest.mark.parametrize(
    "operation",
    [
        ops.AddField("some", "more", models.TextField(default="")),
        ops.AddField("some", "more", models.TextField(null=True, db_index=True)),
        ops.AddField("some", "more", models.UUIDField(db_default=RandomUUID())),
        ops.RemoveField("some", "name"),
        ops.RenameField("some", "name", "title"),
        ops.DeleteModel("Some"),
        ops.AlterField("some", "name", models.CharField(max_length=5, null=True)),
        ops.AlterField("some", "name", models.CharField(max_length=10)),
        ops.AlterField("some", "name", models.CharField(max_length=10, null=True, unique=True)),
        ops.AddIndex("some", INDEX),
        ops.AddConstraint("some", models.CheckConstraint(condition=models.Q(id__gt=0), name="one")),
        ops.RunPython(lambda _apps, _editor: None),
        ops.RunSQL("SELECT 1"),
        ops.SeparateDatabaseAndState(database_operations=[ops.RunSQL("SELECT 1")]),
    ],
)
def test_a_change_that_stops_others_is_told_unless_it_is_reasoned(operation: Any) -> None:
    assert len(found(operation)) == 1
    assert found(operation, holds="the table has one row") == []


@pytest.mark.parametrize(
    "operation",
    [
        ops.AddField("some", "more", models.TextField(null=True)),
        ops.AddField("some", "more", models.TextField(db_default="")),
        ops.AddField("some", "more", models.DateTimeField(db_default=Now())),
        ops.AlterField("some", "name", models.CharField(max_length=20, null=True)),
        ops.AlterField("some", "name", models.TextField(null=True)),
        AddIndexConcurrently("some", INDEX),
        ops.AlterModelOptions("some", {"verbose_name": "some"}),
        ops.CreateModel("Other", ID),
    ],
)
def test_a_change_that_stops_nobody_passes(operation: Any) -> None:
    assert found(operation) == []


def test_a_table_that_is_made_by_the_same_migration_is_nobodys_yet() -> None:
    made = [ops.CreateModel("Other", ID), ops.AddField("other", "more", models.TextField())]

    assert found(*made) == []
