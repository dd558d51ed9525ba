"""A primary with its replica, and processes of the platform before them."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings

from kernel.testing.processes import running, wait_for_line
from tests.devservices.fixtures import Servers

ROOT = Path(settings.BASE_DIR)
ROLE = "septet_app"
CREATE = """
mutation($name: String!) { createFolder(input: {name: $name}) { folder { id } error { code } } }
"""
SHOW = "query($id: ID!) { folder(id: $id) { name } }"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a process answered."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str]

    @property
    def folder(self) -> dict[str, Any] | None:
        """The folder that was asked for; an answer with errors fails the test here."""
        assert "errors" not in self.body, self.body
        found: dict[str, Any] | None = self.body["data"]["folder"]
        return found


@dataclass(frozen=True, slots=True)
class Cluster:
    """Two servers with the tables of files, and a key for a tenant in them."""

    servers: Servers
    primary: str
    replica: str
    replica_data: Path
    environment: dict[str, str]
    key: str
    other_key: str

    def on(self, url: str, statement: str) -> Any:
        """Run a statement on one of the servers, as its administrator; return the first column."""
        with psycopg.connect(url, autocommit=True) as connection:
            found = connection.execute(statement)
            row = found.fetchone() if found.description else None
        return row[0] if row else None

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop all processes of the replica; their sockets stay open."""
        first = (self.replica_data / "postmaster.pid").read_text().split()[0]
        family = [first, *Path(f"/proc/{first}/task/{first}/children").read_text().split()]
        for pid in family:
            os.kill(int(pid), signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in family:
                os.kill(int(pid), signal.SIGCONT)

    @contextmanager
    def dead(self) -> Iterator[None]:
        """Kill the replica, and start it on the same data afterwards."""
        self.servers.do("kill", "replica")
        try:
            yield
        finally:
            self.servers.do("start", "replica")

    def serving(self, **more: str) -> AbstractContextManager["Process"]:
        """Run a server of the platform."""
        return served(self.environment | more, self.key)


@dataclass(frozen=True, slots=True)
class Process:
    """A server of the platform, asked with a key."""

    port: int
    key: str

    def ask(
        self, document: str, *, headers: dict[str, str] | None = None, **variables: Any
    ) -> Answer:
        """Send a document."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=60)) as client:
            body = json.dumps({"query": document, "variables": variables})
            told = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
            client.request("POST", "/graphql", body, told | (headers or {}))
            response = client.getresponse()
            told = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status, json.loads(response.read()), told)

    def create(self, name: str) -> tuple[str, dict[str, str]]:
        """Make a folder; return its id, and the headers of the answer."""
        answer = self.ask(CREATE, name=name)
        assert "errors" not in answer.body, answer.body
        made = answer.body["data"]["createFolder"]
        assert made["error"] is None, made
        return made["folder"]["id"], answer.headers

    def get(self, path: str) -> tuple[int, bytes]:
        """Ask for a path."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=60)) as client:
            client.request("GET", path, headers={"Authorization": f"Bearer {self.key}"})
            response = client.getresponse()
            return response.status, response.read()

    def figure(self, name: str) -> float:
        """Return a metric of the process, 0 if it has none of that name and labels."""
        text = self.get("/metrics")[1].decode()
        found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
        return float(found[1]) if found else 0.0

    def reads(self, at: str) -> float:
        """Return how many requests have read there."""
        return self.figure(f'septet_database_reads_total{{at="{at}"}}')


@contextmanager
def served(environment: dict[str, str], key: str) -> Iterator[Process]:
    """Run a server of the platform."""
    command = [sys.executable, "manage.py", "serve"]
    with running(command, cwd=ROOT, env=environment) as process:
        line = wait_for_line(process, r"http://\S+:\d+")[-1]
        yield Process(int(re.findall(r":(\d+)", line)[-1]), key)


def make_cluster(servers: Servers, folder: Path) -> Cluster:
    """Start a primary and a replica, and make tables, roles and tenants."""
    variables = servers.up("postgres", "replica")
    primary, replica = variables["DATABASE_URL"], variables["DATABASE_REPLICA_URL"]
    environment = environment_for(
        folder,
        DATABASE_SYSTEM_URL=primary,
        DATABASE_URL=as_role(primary),
        DATABASE_REPLICA_URLS=as_role(replica),
    )
    manage(environment, "migrate", "-v0")
    keys = []
    for slug in ("acme", "other"):
        manage(environment, "tenant", "create", slug)
        issued = manage(environment, "key", "issue", "--tenant", slug, "--json")
        keys.append(next(v for v in json.loads(issued).values() if str(v).startswith("septet_")))
    data = Path(variables["POSTGRES_REPLICA_DATA"])
    return Cluster(servers, primary, replica, data, environment, *keys)


def environment_for(folder: Path, **more: str) -> dict[str, str]:
    """Return the variables of a process of the files service."""
    return {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "DATA_DIR": str(folder),
        "SERVICES": "files",
        "PORT": "0",
        "LOG_LEVEL": "WARNING",
        "PYTHONUNBUFFERED": "1",
    } | more


def as_role(url: str) -> str:
    """Return the URL for the role that owns nothing."""
    return url.replace("//dev@", f"//{ROLE}:secret@")


def manage(environment: dict[str, str], *arguments: str) -> str:
    """Run a command to its end and return what it printed."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout
