"""The primary, replica and pooler of compose.split.yaml, run as plain processes on their files."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from kernel.testing.processes import running
from tests.devservices.fixtures import Servers
from tests.docker.image import ROOT, services_of
from tests.docker.test_processes import free_ports

pytestmark = pytest.mark.live

SERVICES = services_of("compose.split.yaml")
PASSWORD = "secret"


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder of whom PostgreSQL may run as: it refuses to be root."""
    with tempfile.TemporaryDirectory() as name:
        if os.geteuid() == 0:
            shutil.chown(name, "postgres")
        yield Path(name)


@pytest.fixture
def programs(servers: Servers) -> Path:
    """The folder with the programs of a PostgreSQL; PgBouncer is installed as well."""
    servers.up("pgbouncer")
    debian = [one.parent for one in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    if not debian:
        pytest.skip("PostgreSQL is not here: Debian has it as postgresql")
    return max(debian, key=lambda folder: int(folder.parent.name))


def as_postgres(words: list[str]) -> list[str]:
    """Return a command that becomes these words, so that who ends it ends them."""
    other = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    return [*other, *words] if os.geteuid() == 0 else words


def test_primary_replica_and_pooler_begin_with_what_the_files_say(
    place: Path, programs: Path
) -> None:
    primary, replica, pooler = free_ports(3)
    environment = {
        "PATH": f"{programs}:{os.environ['PATH']}:/usr/sbin",
        "LC_ALL": "C.UTF-8",
        "PGDATA": str(place / "18" / "replica"),
        "PGHOST": "127.0.0.1",
        "PGPORT": str(primary),
        "PGUSER": "septet",
        "PGPASSWORD": PASSWORD,
        "POSTGRES_PASSWORD": PASSWORD,
    }

    def here(words: list[str], *more: str) -> list[str]:
        """Return a command of a container with the files of this folder."""
        found = [
            word.replace("/tmp/", f"{place}/").replace("/etc/septet/", f"{place}/")
            for word in words
        ]
        return as_postgres([word.replace("$$", "$") for word in found] + [*more])

    def at(port: int, user: str = "septet", **more: Any) -> psycopg.Connection[Any]:
        address = f"postgres://{user}@127.0.0.1:{port}/septet"
        return psycopg.connect(address, autocommit=True, **{"password": PASSWORD, **more})

    _lay_out(place, primary, pooler)
    (place / "password").write_text(PASSWORD)
    made = [str(programs / "initdb"), "-D", f"{place}/primary", "-U", "septet"]
    told = [*as_postgres(made), "--auth=scram-sha-256", f"--pwfile={place}/password", "--no-sync"]
    subprocess.run(told, env=environment, cwd=place, check=True, capture_output=True)
    with ExitStack() as stack:

        def start(words: list[str], *more: str) -> subprocess.Popen[str]:
            command = here(words, *more)
            return stack.enter_context(running(command, cwd=place, env=environment))

        sockets = ("-k", str(place))
        own = ("-D", f"{place}/primary", "-p", str(primary), *sockets)
        start(SERVICES["postgres"]["command"], *own)
        wait_for(lambda: at(primary, dbname="postgres").close())
        with at(primary, dbname="postgres") as admin:
            admin.execute("CREATE DATABASE septet")
            admin.execute(f"CREATE ROLE septet_app LOGIN PASSWORD '{PASSWORD}'")
        copying = [*SERVICES["replica"]["entrypoint"], *SERVICES["replica"]["command"]]

        for value in (1, 2):
            # Its second start goes on where it was.
            following = start(copying, "-p", str(replica), *sockets)
            wait_for(lambda: at(replica).close())
            with at(primary) as admin:
                admin.execute("CREATE TABLE IF NOT EXISTS told (value int)")
                admin.execute("INSERT INTO told VALUES (%s)", [value])
            with at(replica) as reader:
                assert reader.execute("SELECT pg_is_in_recovery()").fetchone() == (True,)
                wait_for(partial(found, reader, f"SELECT 1 FROM told WHERE value = {value}"))
            following.send_signal(signal.SIGTERM)
            following.wait(timeout=30)

        start([*SERVICES["pgbouncer"]["entrypoint"], *SERVICES["pgbouncer"]["command"]])
        wait_for(lambda: at(pooler, "septet_app").close())
        with pytest.raises(psycopg.OperationalError, match=r"password|SASL"):
            at(pooler, "septet_app", password="another")
        with pytest.raises(psycopg.OperationalError, match="replication"):
            at(primary, "septet_app", replication="true")


def _lay_out(place: Path, primary: int, pooler: int) -> None:
    """Put the files there, with ports that are free here."""
    shutil.copy(ROOT / "docker" / "postgres" / "pg_hba.conf", place)
    shutil.copy(ROOT / "docker" / "postgres" / "replica.sh", place)
    text = (ROOT / "docker" / "pgbouncer" / "pgbouncer.ini").read_text()
    for told, used in (
        ("host=postgres port=5432", f"host=127.0.0.1 port={primary}"),
        ("listen_port = 6432", f"listen_port = {pooler}"),
        ("/tmp/", f"{place}/"),
    ):
        assert told in text
        text = text.replace(told, used)
    (place / "pgbouncer.ini").write_text(text)


def found(reader: psycopg.Connection[Any], query: str) -> None:
    """Raise LookupError where a query finds no row."""
    if reader.execute(query).fetchone() is None:
        raise LookupError(query)


def wait_for(done: Callable[[], object]) -> None:
    """Try until it raises nothing; a minute at most."""
    until = time.monotonic() + 60
    while True:
        try:
            done()
        except (psycopg.Error, LookupError):
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return
