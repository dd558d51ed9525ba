"""The three servers, and the PostgreSQL that they share, as processes of this machine."""

import json
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from federation.load import HOST, AnswerError, http_request
from federation.operations import APOLLO, SEPTET, STOCK, Request
from server_model.processes import Processes, free_port, running

SITE = Path(__file__).resolve().parent
ROOT = SITE.parent.parent
PEER = SITE / "apollo"
SERVE = [sys.executable, str(ROOT / "manage.py"), "serve"]
START_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Server:
    """One that runs."""

    name: str
    port: int
    path: str
    headers: dict[str, str]
    processes: Processes

    def written(self, request: Request) -> bytes:
        """Return the request as it goes over the wire."""
        body = {"query": request.query, "variables": request.variables}
        return http_request(self.path, body, self.headers)

    def data(self, request: Request) -> dict[str, Any]:
        """Return the data of an answer; raises AnswerError for any errors in it."""
        call = urllib.request.Request(
            f"http://{HOST}:{self.port}{self.path}",
            json.dumps({"query": request.query, "variables": request.variables}).encode(),
            {"Host": "localhost", "Content-Type": "application/json", **self.headers},
        )
        try:
            with urllib.request.urlopen(call, timeout=START_SECONDS) as response:
                answer: dict[str, Any] = json.load(response)
        except urllib.error.HTTPError as error:
            raise AnswerError(f"{self.name}: {error} {error.read(1_000)!r}") from None
        if "errors" in answer:
            raise AnswerError(f"{self.name}: {answer['errors']}")
        return answer["data"]

    def wait(self) -> None:
        """Return when it answers; raises the last refusal."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self.data(Request("{ __typename }"))
                return
            except urllib.error.URLError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)


@contextmanager
def servers(environment: dict[str, str], key: str) -> Iterator[dict[str, Server]]:
    """Start all three."""
    authorization = {"Authorization": f"Bearer {key}"}
    with (
        _started(SEPTET, SERVE, environment, "/audit/graphql", authorization) as septet,
        _started(APOLLO, ["node", str(PEER / "server.mjs")], environment, "/") as apollo,
        _started(STOCK, [sys.executable, str(SITE / "stock.py")], environment, "/graphql") as stock,
    ):
        yield {server.name: server for server in (septet, apollo, stock)}


@contextmanager
def _started(
    name: str,
    command: list[str],
    environment: dict[str, str],
    path: str,
    headers: dict[str, str] | None = None,
) -> Iterator[Server]:
    port = free_port()
    with running(command, environment | {"PORT": str(port)}) as processes:
        server = Server(name, port, path, headers or {}, processes)
        server.wait()
        yield server


class Database:
    """PostgreSQL with all its processes."""

    def __init__(self, url: str) -> None:
        with psycopg.connect(url) as connection:
            self.version = connection.info.parameter_status("server_version")
            backend = Path(f"/proc/{connection.info.backend_pid}/stat").read_text()
        self._postmaster = backend.rpartition(")")[2].split()[1]

    def cpu_seconds(self) -> dict[str, float]:
        """Return the processor time of each connection there is, by its process."""
        children = Path(f"/proc/{self._postmaster}/task/{self._postmaster}/children")
        # In nanoseconds: the ticks of `stat` are too coarse for many processes that do little.
        return {
            pid: int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
            for pid in children.read_text().split()
        }

    def cpu_seconds_since(self, earlier: dict[str, float]) -> float:
        """Return what they have used since then; connections closed in between are left out."""
        return sum(used - earlier.get(pid, 0) for pid, used in self.cpu_seconds().items())
