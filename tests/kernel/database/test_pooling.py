"""Real pools: ours when it is exhausted, and PgBouncer's in transaction mode."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.devservices.fixtures import Servers, own_servers
from tests.kernel.database.clusters import ROOT, SHOW, environment_for, manage, served

pytestmark = pytest.mark.live

PROGRAM = Path(__file__).with_name("pooled_program.py")


@pytest.fixture(scope="module")
def pooled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Servers, dict[str, str]]]:
    """Servers with tables, and the variables of a process behind PgBouncer."""
    with own_servers() as servers:
        variables = servers.up("postgres", "pgbouncer")
        direct = variables["DATABASE_URL"]
        environment = environment_for(
            tmp_path_factory.mktemp("pooled"),
            DATABASE_URL=variables["PGBOUNCER_URL"],
            DATABASE_DIRECT_URL=direct,
            DATABASE_POOLER="pgbouncer",
            PYTHONPATH=f"{ROOT}:{ROOT / 'platform'}",
            DJANGO_SETTINGS_MODULE="project.settings",
        )
        manage(environment | {"DATABASE_SYSTEM_URL": direct}, "migrate", "-v0")
        yield servers, environment


def run(environment: dict[str, str], *arguments: str) -> object:
    """Run the program beside this test and return what it found out."""
    done = subprocess.run(
        [sys.executable, str(PROGRAM), *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_cursors_locks_notifications_and_limits_hold_behind_pgbouncer(
    pooled: tuple[Servers, dict[str, str]],
) -> None:
    _, environment = pooled

    assert run(environment, "iterate") == {"failed": 0, "read": 400}
    assert run(environment, "session") == {
        "told": True,
        "first": True,
        "second": False,
        "after": True,
    }
    assert run(environment, "limits") == ["5min", "10s"]


def test_the_research_holds_with_cursors_of_the_server_something_fails(
    pooled: tuple[Servers, dict[str, str]],
) -> None:
    found = run(pooled[1], "iterate", "by cursors of the server")

    assert isinstance(found, dict)
    assert found["failed"] > 0


def test_prepared_statements_behind_an_old_pgbouncer_are_found_out(
    pooled: tuple[Servers, dict[str, str]],
) -> None:
    _, environment = pooled
    direct = environment["DATABASE_DIRECT_URL"]

    behind = finding(environment | {"DATABASE_PREPARES": "true"}, "connections")
    without = finding(environment, "connections")
    at_server = finding(
        environment_for(Path(environment["DATA_DIR"]), DATABASE_URL=direct), "connections"
    )

    assert not behind["ok"]
    assert "prepared statements are lost" in str(behind["detail"])
    assert without["ok"]
    assert at_server["ok"]


def test_a_process_goes_on_when_pgbouncer_was_restarted(
    pooled: tuple[Servers, dict[str, str]],
) -> None:
    servers, environment = pooled
    key = issued(environment)
    with served(environment, key) as process:
        folder, _ = process.create("pooled")
        servers.do("kill", "pgbouncer")
        away = process.ask(SHOW, id=folder)
        servers.do("start", "pgbouncer")
        tries = [process.ask(SHOW, id=folder) for _ in range(8)]

    codes = {error["extensions"]["code"] for error in away.body["errors"]}
    assert codes == {"UNAVAILABLE"}
    assert tries[-1].folder == {"name": "pooled"}


def test_an_exhausted_pool_answers_503_and_when_to_come_again(
    pooled: tuple[Servers, dict[str, str]],
) -> None:
    _, environment = pooled
    direct = environment_for(
        Path(environment["DATA_DIR"]),
        DATABASE_URL=environment["DATABASE_DIRECT_URL"],
        PYTHONPATH=environment["PYTHONPATH"],
        DJANGO_SETTINGS_MODULE="project.settings",
        DATABASE_POOL_SIZE="1",
    )

    assert run(direct, "exhaust") == {
        "status": 503,
        "code": "DATABASE_BUSY",
        "retry_after": "2",
        "refused": 1.0,
        "used": 1.0,
        "afterwards": 200,
    }


def finding(environment: dict[str, str], check: str) -> dict[str, object]:
    """Return what `doctor` says of a part."""
    done = subprocess.run(
        [sys.executable, "manage.py", "doctor", "--json"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = map(json.loads, done.stdout.splitlines())
    found: dict[str, object] = next(one for one in lines if one["check"] == check)
    return found


def issued(environment: dict[str, str]) -> str:
    """Make a tenant and return a key for it."""
    manage(environment, "tenant", "create", "pooled")
    told = json.loads(manage(environment, "key", "issue", "--tenant", "pooled", "--json"))
    return next(str(value) for value in told.values() if str(value).startswith("septet_"))
