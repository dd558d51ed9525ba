"""A platform on SQLite with demo data is moved to PostgreSQL, and used there."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connections

from kernel.moving.errors import MisuseError
from kernel.moving.move import refuse_other_release
from kernel.moving.source import Source
from kernel.moving.target import Target
from kernel.tenancy.aliases import system_alias
from kernel.testing.processes import empty_database
from project.management.commands import move_database
from tests.kernel.database.clusters import served

pytestmark = [pytest.mark.postgres, pytest.mark.processes]

ROOT = Path(settings.BASE_DIR)
LONG = "x" * 300
#: Of each service: where its names are, and what is asked for them afterwards.
USED = {
    "files": ("name", "files_file", "files(first: 50) { nodes { name } }"),
    "audit": (
        "action",
        "audit_auditlog",
        "auditLogs(first: 50, order: OLDEST_FIRST) { nodes { action } }",
    ),
    "importexport": ("name", "importexport_importjob", "importJobs(first: 50) { nodes { name } }"),
    "documents": ("name", "documents_template", "documentTemplates(first: 50) { nodes { name } }"),
    "config": ("key", "config_featureflag", "featureFlags(first: 50) { nodes { key } }"),
    "scheduler": ("name", "scheduler_jobschedule", "jobSchedules(first: 50) { nodes { name } }"),
}
CREATE = 'mutation { createFolder(input: {name: "moved"}) { folder { name } error { code } } }'


def named(file: Path, service: str) -> set[str]:
    """Return the names that a service has in a file of SQLite."""
    column, table, _ = USED[service]
    with closing(sqlite3.connect(file)) as database:
        return {name for (name,) in database.execute(f"SELECT {column} FROM {table}")}


def run(environment: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def places(tmp_path: Path, db: None) -> Iterator[tuple[dict[str, str], dict[str, str], Path]]:
    """Give the variables of a platform on SQLite and of the same on PostgreSQL, and its file."""
    with empty_database(tmp_path) as new:
        new |= {"PORT": "0", "LOG_LEVEL": "WARNING", "PYTHONUNBUFFERED": "1"}
        file = tmp_path / "septet.sqlite3"
        yield new | {"DATABASE_URL": f"sqlite:///{file}"}, new, file


@pytest.mark.parametrize(
    "services",
    ["files,audit", pytest.param(f"{','.join(USED)},notifications", marks=pytest.mark.nightly)],
)
def test_a_platform_is_moved_broken_off_gone_on_with_and_used(
    places: tuple[dict[str, str], dict[str, str], Path], services: str
) -> None:
    old, new, file = places
    for one in (old, new):
        one |= {"SERVICES": services, "KEY_ENVIRONMENT": "test"}
    asked = [one for one in services.split(",") if one in USED]
    ready = run(old, "migrate", "-v0"), run(old, "demo")
    key = next(word for word in ready[1].stdout.split() if word.startswith("septet_"))
    before = {one: named(file, one) for one in asked}
    with closing(sqlite3.connect(file)) as database:
        database.execute("UPDATE files_folder SET name = name || ?", [LONG])
        database.commit()

    tried = run(new | {"KEY_ENVIRONMENT": "live"}, "move_database", "--dry-run")
    broken = run(new, "move_database")
    with closing(sqlite3.connect(file)) as database:
        database.execute("UPDATE files_folder SET name = replace(name, ?, '')", [LONG])
        database.commit()
    moved = run(new, "move_database", "--json")
    with served(new, key) as process:
        after = process.ask(f"{{ {' '.join(USED[one][2] for one in asked)} }}").body
        made = process.ask(CREATE).body

    assert (tried.returncode, broken.returncode) == (1, 1), tried.stderr + broken.stderr
    assert "files_folder, name, where id is" in tried.stderr
    assert ["are refused" in one.stderr for one in (tried, moved)] == [True, False]
    assert "files_folder, name, where id is" in broken.stderr
    assert moved.returncode == 0, moved.stderr
    *tables, told = map(json.loads, moved.stdout.splitlines())
    assert {one["earlier"] for one in tables} == {True, False}
    assert told["rows"] == sum(one["rows"] for one in tables) > 100
    assert "errors" not in after, after
    # The sums prove that all is there; here, that it is found again.
    for service, found in zip(asked, after["data"].values(), strict=True):
        names = {name for node in found["nodes"] for name in node.values()}
        assert before[service] & names, service
    assert made["data"]["createFolder"] == {"folder": {"name": "moved"}, "error": None}


def refused(*arguments: str) -> str:
    """Return why this process, with its own settings, moves nothing."""
    with pytest.raises(CommandError) as caught:
        call_command("move_database", *arguments)
    assert caught.value.returncode == 2
    return str(caught.value)


@pytest.mark.django_db
def test_what_cannot_be_moved_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "some.sqlite3"
    with closing(sqlite3.connect(file)) as database:
        database.execute("CREATE TABLE django_migrations (app text, name text)")
        database.execute("INSERT INTO django_migrations VALUES ('files', '0001_initial')")
        database.commit()

    assert "is not there" in refused("--from", str(tmp_path / "other"))
    assert "is not empty" in refused("--from", str(file))
    monkeypatch.setattr(Target, "begun_from", lambda _self: None)
    assert "run `migrate` on it with this release first" in refused("--from", str(file))
    monkeypatch.setattr(connections[system_alias()], "vendor", "sqlite")
    assert "names SQLite" in refused("--from", str(file))


def test_a_file_of_another_release_is_refused() -> None:
    with closing(sqlite3.connect(":memory:")) as database:
        source = Source(database)
        with pytest.raises(MisuseError, match="holds no database"):
            refuse_other_release(source, [], ["files"])
        database.execute("CREATE TABLE django_migrations (app text, name text)")
        database.execute("INSERT INTO django_migrations VALUES ('files', '0001_initial')")
        with pytest.raises(MisuseError, match="which this process does not know"):
            refuse_other_release(source, [], ["audit"])
        refuse_other_release(source, [("files", "0001_initial")], ["files"])


def test_each_column_of_each_model_can_be_moved() -> None:
    for columns in move_database._types().values():
        for one in columns:
            one.reader()
