"""What the containers would run, run as plain processes on the files that go into the image."""

import json
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
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
T = TypeVar("T")
SAYS = {
    "web": "audit, .* at http",
    "worker": "working with",
    "relay": "relaying",
    "consume": "consuming for all groups",
}


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Containers:
    """Containers of a compose file that share real servers, as processes of this machine."""

    services: dict[str, dict[str, Any]]
    folder: Path
    #: What differs here for all of them.
    told: dict[str, str]
    ports: dict[str, int]
    counts: Path

    def environment(self, name: str) -> dict[str, str]:
        """Return the variables of one."""
        port = str(self.ports.get(name, 0))
        listens = {"PORT": port}
        if "OPERATIONS_PORT" in self.services[name]["environment"]:
            # Where the image looks whether it is well.
            told = self.services[name]["environment"]["OPERATIONS_PORT"]
            assert told == IMAGE.environment["PORT"]
            listens |= {"OPERATIONS_PORT": port, "PROMETHEUS_MULTIPROC_DIR": str(self.counts)}
        return IMAGE.process_environment(self.services[name], **self.told, **listens)

    def run(self, *command: str) -> str:
        """Run a command in such a container to its end, and return what it printed."""
        return subprocess.run(
            as_here([*IMAGE.entrypoint, *command]),
            cwd=self.folder,
            env=self.environment("migrate"),
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    @contextmanager
    def up(self) -> Iterator[dict[str, subprocess.Popen[str]]]:
        """Do the jobs that others wait for, then run the others, until all are well."""
        jobs = ("migrate", "topics")
        for job in jobs:
            self.run(*self.services[job]["command"])
        with ExitStack() as stack:
            processes = {
                name: stack.enter_context(
                    running(
                        IMAGE.argv(self.services[name]),
                        cwd=self.folder,
                        env=self.environment(name),
                    )
                )
                for name in self.ports
            }
            assert processes.keys() == self.services.keys() - set(jobs)
            for name, process in processes.items():
                wait_for_line(process, SAYS.get(name, f"{name} at http"))
            found = {name: illness(self.environment(name)) for name in processes}
            assert {name: one for name, one in found.items() if one} == {}
            yield processes


def end(processes: dict[str, subprocess.Popen[str]]) -> None:
    """Tell all to end, and see that they do, and well."""
    for process in processes.values():
        process.send_signal(signal.SIGTERM)
    ended = {name: process.wait(timeout=30) for name, process in processes.items()}
    assert ended == dict.fromkeys(processes, 0)


@pytest.fixture
def containers(
    folder: Path, tmp_path: Path, database_url: str, broker_url: str, servers: Servers
) -> Callable[[str], Containers]:
    """Make the containers of a compose file on a PostgreSQL, a Redis and a Kafka."""
    kafka = servers.up("kafka")["KAFKA_BOOTSTRAP_SERVERS"]
    # A role that `migrate` makes, named as the database is.
    at = urlsplit(database_url)
    narrow = at._replace(netloc=f"{at.path[1:]}:secret@{at.hostname}:{at.port}").geturl()
    counts = tmp_path / "counts"
    counts.mkdir()

    def made(name: str) -> Containers:
        services = compose(name)
        listening = [one for one in services if one not in {"migrate", "topics"}]
        return Containers(
            services=services,
            folder=folder,
            ports=dict(zip(listening, free_ports(len(listening)), strict=True)),
            counts=counts,
            told={
                "DATA_DIR": str(tmp_path / "data"),
                "DATABASE_URL": narrow,
                "DATABASE_SYSTEM_URL": database_url,
                "CELERY_BROKER_URL": broker_url,
                "REDIS_URL": f"{broker_url.rpartition('/')[0]}/1",
                "KAFKA_BOOTSTRAP_SERVERS": kafka,
                # Other tests may share these brokers.
                "KAFKA_PREFIX": f"{Path(name).stem}-",
                # Nobody reads what they say after their start: a full pipe would stop them.
                "LOG_LEVEL": "ERROR",
            },
        )

    return made


def test_a_standard_web_process_hands_its_jobs_and_events_to_the_others(
    containers: Callable[[str], Containers],
) -> None:
    made = containers("compose.yaml")
    del made.services["septet"], made.ports["septet"]

    with made.up() as processes:
        key = re.search(r"septet_\w+", made.run("demo")).group()  # type: ignore[union-attr]
        at = f"http://127.0.0.1:{made.ports['web']}"
        sent = urllib.request.Request(
            f"{at}/files/api/files/a.txt",
            b"looked through by a worker",
            {"Authorization": f"Bearer {key}"},
            method="PUT",
        )
        with urllib.request.urlopen(sent, timeout=10) as answer:
            path = answer.headers["Location"]
        file_id = path.rstrip("/").rpartition("/")[2]

        # Given out once its job, in the Celery worker, has found nothing.
        assert soon(lambda: fetched(at + path, key)) == b"looked through by a worker"
        # And told by the relay over Kafka to the consumer.
        query = (
            f'{{ auditLogs(filter: {{targetId: "{file_id}"}}, first: 9) {{ nodes {{ action }} }} }}'
        )
        soon(
            lambda: (
                {"action": "files.file.scanned"}
                in ask(made.ports["web"], "audit", key, query)["data"]["auditLogs"]["nodes"]
            )
        )
        end(processes)


def fetched(url: str, key: str) -> bytes:
    """Return what is there, or nothing."""
    asked = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"})
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:
            body: bytes = answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return b""
    return body


def soon(found: Callable[[], T]) -> T:
    """Return what is found at last; fails after a minute."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if there := found():
            return there
        time.sleep(0.1)
    return pytest.fail("nothing within a minute")


def test_seven_containers_their_worker_relay_and_consumer_share_one_postgresql(
    containers: Callable[[str], Containers],
) -> None:
    made = containers("compose.split.yaml")
    made.told.update(
        SERVICE_URLS=",".join(f"{name}=http://127.0.0.1:{made.ports[name]}" for name in BY_NAME),
        # Their own tests are below, and elsewhere.
        DATABASE_POOLER="server",
        DATABASE_DIRECT_URL="",
        DATABASE_REPLICA_URLS="",
        FILES_STORAGE="",
        CLAMD_ADDRESS="",
        SCANNER="any",
    )

    with made.up() as processes:
        key = re.search(r"septet_\w+", made.run("demo")).group()  # type: ignore[union-attr]
        answers = {name: ask(made.ports[name], name, key, "{ __typename }") for name in BY_NAME}
        assert answers == {name: {"data": {"__typename": "Query"}} for name in BY_NAME}
        # 1,233 of CloudTrail and five of other demo data; the next one an event has told.
        soon(lambda: count_logs(made.ports["audit"], key) > 1238)
        end(processes)


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
