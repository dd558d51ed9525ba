"""The screens of backups and of the database: what they tell, and to whom."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from kernel.backup import databases
from kernel.backup.sets import Drill, nobody_told
from kernel.backup.stores import FolderStore
from kernel.backup.tables import States
from kernel.jobs.sqlite import analyze
from kernel.storage.local import LocalStorage
from project import inspection
from project.backups import backups_here

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> Client:
    browser = Client()
    browser.force_login(User.objects.create(username="root", is_staff=True, is_superuser=True))
    return browser


@pytest.fixture
def kept(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Take a backup of nothing into a folder; return its id."""
    settings.BACKUP_TO = str(tmp_path / "backups")
    settings.BACKUP_KEY = base64.b64encode(bytes(32)).decode()

    def dump(to: Path) -> States:
        to.touch()
        return {"some": ["12345", "7"]}

    monkeypatch.setattr(databases, "dump", dump)
    store = LocalStorage(tmp_path / "files")
    return backups_here().make(["files"], lambda _service: store, dict, nobody_told).id


def test_backups_are_shown_with_what_came_of_restoring_them(staff: Client, kept: str) -> None:
    before = staff.get("/admin/backups/").content.decode()
    drill = Drill(at="2026-05-01T12:00:00+00:00", seconds=2.5, problems=[])
    backups_here().note(kept, drill)
    proved = staff.get("/admin/backups/").content.decode()
    backups_here().note(kept, Drill(at=drill.at, seconds=2.5, problems=["some: 12345 rows"]))
    differs = staff.get("/admin/backups/").content.decode()

    assert kept in before
    assert "12,345" in before or "12345" in before
    assert "not yet" in before
    assert "the same, in 2.5 s" in proved
    assert "1 differences, such as some: 12345 rows" in differs


def test_the_screen_reads_no_list_of_a_set_that_has_its_figures(
    staff: Client, kept: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    get = FolderStore.get

    def noted(self: FolderStore, name: str) -> Iterator[bytes]:
        read.append(name)
        return get(self, name)

    monkeypatch.setattr(FolderStore, "get", noted)
    page = staff.get("/admin/backups/").content.decode()
    quickly, read[:] = list(read), []
    # As an earlier release has left it.
    (Path(settings.BACKUP_TO) / "figures" / kept).unlink()
    earlier = staff.get("/admin/backups/").content.decode()

    assert quickly == [f"figures/{kept}"]
    assert read == [f"figures/{kept}", f"sets/{kept}"]
    assert kept in page
    assert "12345" in page.replace(",", "")
    assert "12345" in earlier.replace(",", "")


def test_without_backups_or_with_another_key_the_screen_says_so(
    staff: Client, kept: str, settings: Any
) -> None:
    settings.BACKUP_KEY = base64.b64encode(b"x" * 32).decode()
    # It cannot be read, and stays on the list.
    other = staff.get("/admin/backups/").content.decode()
    settings.BACKUP_TO = ""
    none = staff.get("/admin/backups/").content.decode()

    assert "BACKUP_KEY is another one" in other
    assert kept in other
    assert "this installation takes no backups" in none


def test_the_database_tells_of_itself(staff: Client) -> None:
    page = staff.get("/admin/database/").content.decode()

    expected = {
        "sqlite": "SQLite counts neither statements nor dead rows",
        "postgresql": "Nothing counts statements here",
    }
    assert expected[connection.vendor] in page
    tables = {model._meta.db_table for model in apps.get_models()}
    assert connection.vendor == "sqlite" or [name for name in tables if f">{name}<" in page]


@pytest.mark.postgres
def test_the_statements_that_took_longest_are_shown_first(
    staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    # In the place of the extension, which the server has to be started with.
    with connection.cursor() as cursor:
        cursor.execute("""
            CREATE TEMPORARY VIEW pg_stat_statements AS
            SELECT oid AS dbid, query, 3 AS calls, took AS total_exec_time,
                took / 3 AS mean_exec_time, 7 AS rows
            FROM pg_database, (VALUES ('SELECT short', 30.0), ('SELECT long', 6000.0))
                AS told (query, took)
            WHERE datname = current_database()
        """)
    monkeypatch.setattr(inspection, "_COUNTED", "SELECT true")

    page = staff.get("/admin/database/").content.decode()

    assert 0 < page.index("SELECT long") < page.index("SELECT short")
    assert "6.0 s" in page
    assert "10.00 ms" in page


@pytest.mark.postgres
def test_a_large_table_that_is_read_whole_is_shown_with_the_statement_that_does(
    staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    # In the place of the server's own, which counts after the transaction of a test.
    with connection.cursor() as cursor:
        cursor.execute("""
            CREATE TEMPORARY VIEW pg_stat_user_tables AS
            SELECT 'pg_class'::regclass AS relid, name AS relname, 0 AS n_live_tup, 0 AS n_dead_tup,
                now() AS last_vacuum, now() AS last_autovacuum, 40 AS seq_scan, 3 AS idx_scan,
                40 * rows AS seq_tup_read
            FROM (VALUES ('large_one', 12345), ('small_one', 9999)) AS told (name, rows)
        """)
        cursor.execute("""
            CREATE TEMPORARY VIEW pg_stat_statements AS
            SELECT oid AS dbid, 'SELECT * FROM large_one WHERE colour = $1' AS query, 1 AS calls,
                1.0 AS total_exec_time, 1.0 AS mean_exec_time, 1 AS rows
            FROM pg_database WHERE datname = current_database()
        """)
    monkeypatch.setattr(inspection, "_COUNTED", "SELECT true")

    [found] = inspection.report().read_whole
    page = staff.get("/admin/database/").content.decode()

    assert found == ("large_one", 40, 12345, 3, "SELECT * FROM large_one WHERE colour = $1")
    assert page.count("WHERE colour = $1") == 2


@pytest.mark.parametrize("page", ["/admin/backups/", "/admin/database/"])
def test_staff_who_are_no_superusers_are_refused(page: str) -> None:
    browser = Client()
    browser.force_login(User.objects.create(username="clerk", is_staff=True))

    assert browser.get(page).status_code == 403


def test_sqlite_counts_its_rows_again_and_postgresql_by_itself() -> None:
    User.objects.create(username="one")

    analyze("")

    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM sqlite_stat1 WHERE tbl = 'auth_user'")
            assert cursor.fetchone()[0] > 0
