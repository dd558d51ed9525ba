"""The servers that tests start, and what becomes of them."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.devservices.fixtures import Servers

pytestmark = pytest.mark.live

SESSION = """
import sys
from tests.devservices.fixtures import own_servers
with own_servers() as servers:
    print(servers.up("postgres")["POSTGRES_DATA"], flush=True)
    sys.stdin.read()
"""


def test_a_postgresql_answers_and_keeps_its_rows_over_a_kill(
    servers: Servers, postgres_url: str
) -> None:
    with psycopg.connect(postgres_url) as connection:
        connection.execute("CREATE TABLE kept (number int)")
        connection.execute("INSERT INTO kept VALUES (7)")

    servers.do("kill", "postgres")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(postgres_url)
    servers.do("start", "postgres")

    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("TABLE kept").fetchall() == [(7,)]
        connection.execute("DROP TABLE kept")


def test_servers_end_with_a_session_that_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SESSION],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parent.parent.parent,
        text=True,
    ) as session:
        assert session.stdout
        data = Path(session.stdout.readline().strip())
        server = os.pidfd_open(int((data / "postmaster.pid").read_text().split()[0]))

        session.send_signal(signal.SIGKILL)

        ended, _, _ = select.select([server], [], [], 20)
    os.close(server)
    assert ended == [server]


def test_a_server_that_does_not_exist_is_an_error_and_no_skip(servers: Servers) -> None:
    with pytest.raises(AssertionError, match="no service cassandra"):
        servers.up("cassandra")
