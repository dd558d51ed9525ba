"""Ways to the database that do not go together are refused before a process starts."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.core.checks import Error

from project.database_checks import ways_to_the_database_go_together
from tests.project.test_settings import settings_with

POOLED = {"DATABASE_URL": "postgres://u:p@pooler:6432/d", "DATABASE_POOLER": "pgbouncer"}
DIRECT = {"DATABASE_DIRECT_URL": "postgres://u:p@db:5432/d"}
SERVER = {"DATABASE_URL": "postgres://u:p@db:5432/d"}


@pytest.mark.parametrize(
    ("environment", "found"),
    [
        ({}, []),
        ({"DATABASE_POOL_SIZE": "8"}, ["septet.E020"]),
        ({"DATABASE_REPLICA_URLS": "postgres://u:p@db2/d"}, ["septet.E020"]),
        (SERVER, []),
        (SERVER | {"DATABASE_POOL_SIZE": "8"}, []),
        (SERVER | {"DATABASE_POOL_SIZE": "7"}, ["septet.W020"]),
        ({"DATABASE_URL": "postgres://u:p@db:5432/d?pool=1"}, ["septet.E021"]),
        (SERVER | {"DATABASE_LOCK_TIMEOUT": "5m"}, ["septet.W021"]),
        (SERVER | {"DATABASE_LOCK_TIMEOUT": "0s"}, ["septet.W021"]),
        (SERVER | {"DATABASE_LOCK_TIMEOUT": "0s", "DATABASE_STATEMENT_TIMEOUT": "0s"}, []),
        (SERVER | DIRECT, ["septet.E023"]),
        (POOLED, ["septet.E025"]),
        (POOLED | DIRECT, []),
        (POOLED | DIRECT | {"DATABASE_POOL_SIZE": "8"}, ["septet.E022"]),
        (POOLED | {"DATABASE_DIRECT_URL": POOLED["DATABASE_URL"]}, ["septet.E026"]),
        (POOLED | {"DATABASE_DIRECT_URL": "postgres://other:p@db:5432/d"}, ["septet.E027"]),
        (POOLED | DIRECT | {"DATABASE_PREPARES": "true"}, ["septet.W022"]),
    ],
)
def test_each_wrong_combination_has_its_id(
    environment: dict[str, str], found: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["EMBEDDED", "DATABASES", "WEB_THREADS", "DATABASE_POOLER", "DATABASE_POOL_SIZE"]
    made = settings_with([*names, "DATABASE_PREPARES"], **environment)
    told_by(monkeypatch, made | _limits(made["DATABASES"]))

    told = ways_to_the_database_go_together()

    assert [one.id for one in told] == found
    assert all(one.hint for one in told)
    assert all(isinstance(one, Error) == ("E0" in str(one.id)) for one in told)


def test_server_side_cursors_behind_a_pooler_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["DATABASES", "DATABASE_POOLER", "DATABASE_POOL_SIZE", "DATABASE_PREPARES", "EMBEDDED"]
    told: Any = settings_with(names, **POOLED, **DIRECT)
    made = told["DATABASES"]
    assert made["default"]["DISABLE_SERVER_SIDE_CURSORS"] is True
    assert made["direct"]["DISABLE_SERVER_SIDE_CURSORS"] is False
    assert made["default"]["OPTIONS"]["prepare_threshold"] is None
    made["default"]["DISABLE_SERVER_SIDE_CURSORS"] = False
    told_by(monkeypatch, told | _limits(made))

    assert [one.id for one in ways_to_the_database_go_together()] == ["septet.E024"]


def test_replicas_are_databases_of_their_own() -> None:
    names = ["DATABASES", "DATABASE_REPLICAS", "DATABASE_ROUTERS"]
    urls = "postgres://u:p@db2:5432/d postgres://u:p@db3,db4/d"

    made: Any = settings_with(names, **SERVER, DATABASE_REPLICA_URLS=urls)

    assert made["DATABASE_REPLICAS"] == ["replica1", "replica2"]
    assert [made["DATABASES"][name]["HOST"] for name in made["DATABASE_REPLICAS"]] == [
        "db2",
        "db3,db4",
    ]
    assert made["DATABASE_ROUTERS"] == ["kernel.database.routing.ReplicaRouter"]


def told_by(monkeypatch: pytest.MonkeyPatch, made: dict[str, Any]) -> None:
    """Let the checks read these settings."""
    monkeypatch.setattr("project.database_checks.settings", SimpleNamespace(**made))


def _limits(databases: Any) -> dict[str, Any]:
    told = databases["default"]["OPTIONS"].get("limits", {})
    return {
        "DATABASE_STATEMENT_TIMEOUT": told.get("statement_timeout", 0),
        "DATABASE_LOCK_TIMEOUT": told.get("lock_timeout", 0),
    }
