"""What the containers would run, run as plain processes on the files that go into the image."""

import json
import re
import signal
import socket
import sqlite3
import subprocess
import time
import urllib.error
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
from tests.devservices.fixtures import Servers
from tests.docker.image import as_here, compose, copy_into, dockerfile

pytestmark = pytest.mark.live

IMAGE = dockerfile()
CLUSTER = "ZGV2c2VydmljZXMtLWthZg"
SAYS = {"worker": "working with", "relay": "relaying", "consume": "consuming for all groups"}


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


def illness(environment: dict[str, str]) -> str:
    """Ask as Docker does, which takes a container for ill after the third bad answer in a row."""
    said = ""
    for _ in range(3):
        done = subprocess.run(
            as_here(IMAGE.healthcheck), env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode == 0:
            return ""
        said = done.stderr[-200:]
        time.sleep(3)
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{environment['PORT']}/health/ready", timeout=30)
    except urllib.error.HTTPError as told:
        with told:
            return told.read().decode()
    except OSError as error:
        return str(error)
    return f"well at last; before: {said}"


def ask(port: int, service: str, key: str, query: str) -> dict[str, Any]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/{service}/graphql",
        json.dumps({"query": query}).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {key}"},
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        body: dict[str, Any] = json.load(response)
    return body


def count_logs(port: int, key: str) -> int:
    answer = ask(port, "audit", key, "{ auditLogs(first: 1) { totalCount } }")
    return int(answer["data"]["auditLogs"]["totalCount"])


def test_one_container_is_the_whole_platform(folder: Path, tmp_path: Path) -> None:
    service = compose("compose.yaml")["septet"]
    (port,) = free_ports(1)
    environment = IMAGE.process_environment(
        service, DATA_DIR=str(tmp_path / "data"), PORT=str(port)
    )

    with running(IMAGE.argv(service), cwd=folder, env=environment) as process:
        wait_for_line(process, "Septet is at")
        assert illness(environment) == ""

        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0

    assert "refused" in illness(environment)


def test_beside_that_container_a_worker_does_its_jobs(
    folder: Path, tmp_path: Path, broker_url: str
) -> None:
    services = compose("compose.yaml")
    port, operations_port = free_ports(2)

    def environment(name: str) -> dict[str, str]:
        return IMAGE.process_environment(
            services[name],
            DATA_DIR=str(tmp_path / "data"),
            PORT=str(port if name == "septet" else operations_port),
            OPERATIONS_PORT="0" if name == "septet" else str(operations_port),
            CELERY_BROKER_URL=broker_url,
        )

    with running(IMAGE.argv(services["septet"]), cwd=folder, env=environment("septet")) as platform:
        wait_for_line(platform, "Septet is at")
        with running(
            IMAGE.argv(services["worker"]), cwd=folder, env=environment("worker")
        ) as worker:
            wait_for_line(worker, "working with 2 processes")
            assert illness(environment("worker")) == ""
            # Periodic ones that nobody else would have begun.
            while not done_jobs(tmp_path / "data"):
                assert worker.poll() is None
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(timeout=30) == 0


def done_jobs(folder: Path) -> int:
    with sqlite3.connect(folder / "septet.sqlite3") as rows:
        found = rows.execute("SELECT count(*) FROM jobs_job WHERE state = 'done'").fetchone()
    return int(found[0])


def test_seven_containers_their_worker_relay_and_consumer_share_one_postgresql(
    folder: Path, tmp_path: Path, database_url: str, broker_url: str, servers: Servers
) -> None:
    services = compose("compose.split.yaml")
    kafka = servers.up("kafka")["KAFKA_BOOTSTRAP_SERVERS"]
    listening = [*BY_NAME, *SAYS]
    ports = dict(zip(listening, free_ports(len(listening)), strict=True))
    urls = ",".join(f"{name}=http://127.0.0.1:{ports[name]}" for name in BY_NAME)
    counts = tmp_path / "counts"
    counts.mkdir()
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
            CELERY_BROKER_URL=broker_url,
            REDIS_URL=f"{broker_url.rpartition('/')[0]}/1",
            KAFKA_BOOTSTRAP_SERVERS=kafka,
            # Other tests may share these brokers.
            KAFKA_PREFIX="docker-",
            # Nobody reads what they say after their start: a full pipe would stop them.
            LOG_LEVEL="ERROR",
            **listens(name),
        )

    def listens(name: str) -> dict[str, str]:
        port = str(ports.get(name, 0))
        if "OPERATIONS_PORT" not in services[name]["environment"]:
            return {"PORT": port}
        # Where the image looks whether it is well.
        assert services[name]["environment"]["OPERATIONS_PORT"] == IMAGE.environment["PORT"]
        return {"PORT": port, "OPERATIONS_PORT": port, "PROMETHEUS_MULTIPROC_DIR": str(counts)}

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
    run(*services["topics"]["command"])
    with ExitStack() as stack:
        processes = {
            name: stack.enter_context(
                running(IMAGE.argv(services[name]), cwd=folder, env=environment(name))
            )
            for name in services.keys() - {"migrate", "topics"}
        }
        for name, process in processes.items():
            wait_for_line(process, SAYS.get(name, f"{name} at http"))
        key = re.search(r"septet_\w+", run("demo")).group()  # type: ignore[union-attr]

        found = {name: illness(environment(name)) for name in listening}
        assert {name: one for name, one in found.items() if one} == {}
        answers = {name: ask(ports[name], name, key, "{ __typename }") for name in BY_NAME}
        # 1,233 of CloudTrail and five of other demo data; the next one an event has told.
        while count_logs(ports["audit"], key) <= 1238:
            assert [name for name, process in processes.items() if process.poll() is not None] == []

        for process in processes.values():
            process.send_signal(signal.SIGTERM)
        ended = {name: process.wait(timeout=30) for name, process in processes.items()}

    assert answers == {name: {"data": {"__typename": "Query"}} for name in BY_NAME}
    assert ended == dict.fromkeys(processes, 0)


def test_kafka_begins_with_what_the_file_says(tmp_path: Path, servers: Servers) -> None:
    told = compose("compose.split.yaml", ours=False)["kafka"]["environment"]
    # As its image does it.
    names = {key: key.removeprefix("KAFKA_").lower().replace("_", ".") for key in told}
    lines = [f"{names[key]}={value}" for key, value in told.items()]
    file = tmp_path / "server.properties"
    file.write_text("\n".join([*lines, f"log.dirs={tmp_path / 'data'}"]))
    classes = servers.up("kafka")["KAFKA_CLASSPATH"]

    done = subprocess.run(
        ["java", "-cp", classes, "kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c", file],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
