"""Migrating a database that others use: nobody waits long behind it."""

import time
from contextlib import closing
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.core.management.commands.migrate import Command as Migrate
from django.db import connection, transaction
from django.db.migrations.state import ProjectState
from django.db.models import Index

from kernel.database.changing import AddIndexConcurrently
from project.management.commands import migrate

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

LOCK = "LOCK TABLE identity_tenant IN ACCESS EXCLUSIVE MODE"


def lock_timeout() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('lock_timeout')")
        found: str = cursor.fetchone()[0]
    return found


@pytest.mark.parametrize("freed", [True, False])
def test_a_table_in_use_is_waited_for_briefly_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, freed: bool
) -> None:
    tried: list[str] = []
    before = lock_timeout()

    def change(_self: Any, *_arguments: Any, **_options: Any) -> None:
        tried.append("once")
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(LOCK)

    monkeypatch.setattr(Migrate, "handle", change)
    monkeypatch.setattr(migrate, "LOCK_SECONDS", 0.1)
    monkeypatch.setattr(migrate, "TRIES", 3)
    with closing(connection.copy()) as other:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT FROM identity_tenant")
        monkeypatch.setattr(time, "sleep", lambda _seconds: other.rollback() if freed else None)
        if freed:
            call_command("migrate", verbosity=0)
        else:
            with pytest.raises(CommandError, match="others hold a table"):
                call_command("migrate", verbosity=0)
        other.rollback()

    assert len(tried) == (2 if freed else 3)
    assert lock_timeout() == before


def test_the_server_itself_is_migrated_where_a_pooler_is_in_the_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    steps: list[str] = []
    monkeypatch.setattr(migrate, "keep_session", lambda: steps.append("to the server"))
    monkeypatch.setattr(Migrate, "handle", lambda *_a, **_o: steps.append("migrate"))

    call_command("migrate", verbosity=0)

    assert steps == ["to the server", "migrate"]


def test_an_index_waits_for_all_writers_and_what_comes_after_it_does_not() -> None:
    before = ProjectState.from_apps(apps)
    operation = AddIndexConcurrently("tenant", Index(fields=["name"], name="some_by_name"))
    after = before.clone()
    operation.state_forwards("identity", after)

    with connection.schema_editor(atomic=False) as editor:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
        try:
            # The second time in place of what the first has left.
            for _ in range(2):
                operation.database_forwards("identity", editor, before, after)
            left = lock_timeout()
            operation.database_backwards("identity", editor, after, before)
        finally:
            with connection.cursor() as cursor:
                cursor.execute("RESET lock_timeout")

    assert left == "2s"
