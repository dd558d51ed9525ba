"""What the containers would run, run as plain processes on the files that go into the image."""

import json
import re
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest

from kernel.services import BY_NAME
from kernel.testing.processes import running, wait_for_line
from tests.docker.image import as_here, compose, copy_into, dockerfile

pytestmark = pytest.mark.live

IMAGE = dockerfile()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the content of the image."""
    copy_into(tmp_path / "septet")
    return tmp_path / "septet"


@pytest.fixture
def database_url(postgres_url: str) -> Iterator[str]:
    """An empty database of a real PostgreSQL."""
    name = f"septet_{uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield f"{postgres_url.rpartition('/')[0]}/{name}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
        connection.execute(f"DROP ROLE IF EXISTS {name}")


def free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        held = [stack.enter_context(socket.create_server(("", 0))) for _ in range(count)]
        return [each.getsockname()[1] for each in held]


def healthy(environment: dict[str, str]) -> bool:
    done = subprocess.run(
        as_here(IMAGE.healthcheck), env=environment, capture_output=True, check=False
    )
    return done.returncode == 0


def ask(port: int, service: str, key: str, query: str) -> dict[str, Any]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/{service}/graphql",
        json.dumps({"query": query}).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {key}"},
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        body: dict[str, Any] = json.load(response)
    return body


def test_one_container_is_the_whole_platform(folder: Path, tmp_path: Path) -> None:
    service = compose("compose.yaml")["septet"]
    (port,) = free_ports(1)
    environment = IMAGE.process_environment(
        service, DATA_DIR=str(tmp_path / "data"), PORT=str(port)
    )

    with running(IMAGE.argv(service), cwd=folder, env=environment) as process:
        wait_for_line(process, "Septet is at")
        assert healthy(environment)

        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0

    assert not healthy(environment)


def test_seven_containers_and_a_worker_share_one_postgresql(
    folder: Path, tmp_path: Path, database_url: str
) -> None:
    services = compose("compose.split.yaml")
    ports = dict(zip(BY_NAME, free_ports(len(BY_NAME)), strict=True))
    urls = ",".join(f"{name}=http://127.0.0.1:{port}" for name, port in ports.items())
    # A role that `migrate` makes, named as the database is.
    at = urlsplit(database_url)
    narrow = at._replace(netloc=f"{at.path[1:]}:secret@{at.hostname}:{at.port}").geturl()

    def environment(name: str) -> dict[str, str]:
        return IMAGE.process_environment(
            services[name],
            DATA_DIR=str(tmp_path / "data"),
            DATABASE_URL=narrow,
            DATABASE_SYSTEM_URL=database_url,
            SERVICE_URLS=urls,
            PORT=str(ports.get(name, 0)),
        )

    def run(*command: str) -> str:
        return subprocess.run(
            as_here([*IMAGE.entrypoint, *command]),
            cwd=folder,
            env=environment("migrate"),
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    run(*services["migrate"]["command"])
    with ExitStack() as stack:
        processes = {
            name: stack.enter_context(
                running(IMAGE.argv(services[name]), cwd=folder, env=environment(name))
            )
            for name in services.keys() - {"migrate"}
        }
        for name, process in processes.items():
            wait_for_line(process, "working with" if name == "worker" else f"{name} at http")
        key = re.search(r"septet_\w+", run("demo")).group()  # type: ignore[union-attr]

        assert [name for name in BY_NAME if not healthy(environment(name))] == []
        answers = {name: ask(ports[name], name, key, "{ __typename }") for name in BY_NAME}
        logs = ask(ports["audit"], "audit", key, "{ auditLogs(first: 1) { totalCount } }")

        for process in processes.values():
            process.send_signal(signal.SIGTERM)
        ended = {name: process.wait(timeout=30) for name, process in processes.items()}

    assert answers == {name: {"data": {"__typename": "Query"}} for name in BY_NAME}
    # 1,233 of CloudTrail, five of other demo data, and what events have told so far.
    assert logs["data"]["auditLogs"]["totalCount"] >= 1238
    assert ended == dict.fromkeys(processes, 0)
