"""Which migrations would stop a platform that is in use: `python -m scripts.migrations`.

Looked at is what was added since the last release, which `--release` writes down. While a release
is rolled out, old code works on new tables; so a migration adds, and what it takes away nothing
has used since the release before. One that has a reason to do otherwise says it, as `holds`.
"""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
from django.db.migrations import operations as ops
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.migration import Migration
from django.db.models import NOT_PROVIDED, Value
from django.db.models.functions import Now

RELEASED = Path(__file__).with_name("released_migrations.json")
OURS = ("apps.", "kernel.")
_TAKES_AWAY = (
    ops.RemoveField,
    ops.RenameField,
    ops.DeleteModel,
    ops.RenameModel,
    ops.AlterModelTable,
)


def problems_of(migration: Migration, before: Any) -> Iterator[str]:
    """Yield what a migration would do to those who use its tables; `before` is the state then."""
    if getattr(migration, "holds", ""):
        return
    made: set[str] = set()
    state = before.clone()
    for operation in migration.operations:
        if isinstance(operation, ops.CreateModel):
            made.add(operation.name_lower)
        elif _model_of(operation) not in made:
            yield from _problems(operation, state, migration)
        operation.state_forwards(migration.app_label, state)


def _model_of(operation: Any) -> str:
    return str(getattr(operation, "model_name", None) or getattr(operation, "name", "")).lower()


def _problems(operation: Any, state: Any, migration: Migration) -> Iterator[str]:
    told = operation.describe()
    if isinstance(operation, _TAKES_AWAY):
        yield f"{told}: code of the release before still uses it"
    elif isinstance(operation, ops.AddField):
        yield from (f"{told}: {one}" for one in _of_new(operation.field))
    elif isinstance(operation, ops.AlterField):
        old = state.models[migration.app_label, _model_of(operation)].fields[operation.name]
        yield from (f"{told}: {one}" for one in _of_changed(old, operation.field))
    elif isinstance(operation, (ops.AddConstraint, ops.AlterUniqueTogether)):
        yield f"{told}: all rows are read under a lock; add it NOT VALID, then validate it"
    elif type(operation) is ops.AddIndex:
        yield f"{told}: writers wait; take kernel.database.changing.AddIndexConcurrently"
    elif isinstance(operation, ops.SeparateDatabaseAndState):
        for one in operation.database_operations:
            yield from _problems(one, state, migration)
    elif isinstance(operation, (ops.RunPython, ops.RunSQL)):
        yield f"{told}: nobody can see what it locks"


def _of_new(field: Any) -> Iterator[str]:
    if field.many_to_many:
        return
    if not field.null and field.db_default is NOT_PROVIDED:
        yield "old code inserts rows without it; give it null=True or db_default"
    reckoned = hasattr(field.db_default, "resolve_expression")
    if reckoned and not isinstance(field.db_default, (Value, Now)):
        yield "the table is written anew if its default differs by row; let a job fill it"
    if field.unique or field.db_index:
        yield "writers wait for its index; db_index=False, and the index by AddIndexConcurrently"


def _of_changed(old: Any, new: Any) -> Iterator[str]:
    if old.null and not new.null:
        yield "all rows are read under a lock for NOT NULL"
    if not old.null and old.db_default is not NOT_PROVIDED and new.db_default is NOT_PROVIDED:
        yield "old code may still leave it to the database"
    if (new.unique and not old.unique) or (new.db_index and not old.db_index):
        yield "writers wait for its index"
    if _type(old) != _type(new) and not _is_wider(old, new):
        yield f"the table is written anew, from {_type(old)} to {_type(new)}"


def _type(field: Any) -> str:
    # References have the type of what they lead to, which only a whole project knows.
    if field.remote_field:
        return "reference"
    return f"{field.get_internal_type()}({getattr(field, 'max_length', None) or ''})"


def _is_wider(old: Any, new: Any) -> bool:
    texts = {"CharField", "TextField", "URLField", "SlugField", "EmailField"}
    if {old.get_internal_type(), new.get_internal_type()} - texts:
        return False
    return new.max_length is None or (old.max_length or sys.maxsize) <= new.max_length


def _new_ones(loader: MigrationLoader) -> Iterator[Migration]:
    released = json.loads(RELEASED.read_text(encoding="utf-8"))
    for (app, name), migration in sorted(loader.disk_migrations.items()):
        if migration.__module__.startswith(OURS) and name > released.get(app, ""):
            yield migration


def _release(loader: MigrationLoader) -> None:
    last: dict[str, str] = {}
    for (app, name), migration in sorted(loader.disk_migrations.items()):
        if migration.__module__.startswith(OURS):
            last[app] = name
    RELEASED.write_text(json.dumps(last, indent=2) + "\n", encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Tell of each; 1 when there is any."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    django.setup()
    loader = MigrationLoader(None, ignore_no_migrations=True)
    if arguments == ["--release"]:
        _release(loader)
        return 0
    found = 0
    for migration in _new_ones(loader):
        state = loader.project_state((migration.app_label, migration.name), at_end=False)
        for problem in problems_of(migration, state):
            found += 1
            sys.stderr.write(f"{migration.app_label}.{migration.name}: {problem}\n")
    if found:
        sys.stderr.write(f"{found} to be mended, or reasoned in `holds`; see docs/database.md\n")
    return min(found, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
