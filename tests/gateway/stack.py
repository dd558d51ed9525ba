"""Seven processes, two gateways before them, and one process with everything, on the same rows."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Condition, Thread
from typing import Any

from kernel.services import BY_NAME
from tests.node.packages import install, node

ROOT = Path(__file__).resolve().parent.parent.parent
GATEWAYS = ROOT / "docker" / "gateway"
#: Starting takes seconds, on a busy machine many; this is when a test gives up.
GIVE_UP_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Answer:
    """What one endpoint made of one operation."""

    status: int
    body: dict[str, Any]

    @property
    def data(self) -> Any:
        return self.body.get("data")

    @property
    def codes(self) -> set[str]:
        """The codes of the errors. How many there are where null propagates, nobody promises."""
        return {error["extensions"]["code"] for error in self.body.get("errors") or ()}


def ask(
    url: str,
    document: str,
    variables: Mapping[str, Any] | None = None,
    *,
    key: str = "",
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Send one operation, with a key as its credential unless that is empty."""
    request = urllib.request.Request(
        url,
        json.dumps({"query": document, "variables": variables or {}}).encode(),
        {
            "Content-Type": "application/json",
            "Accept": "application/json",
            **({"Authorization": f"Bearer {key}"} if key else {}),
            **(headers or {}),
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return Answer(response.status, json.load(response))
    except urllib.error.HTTPError as refusal:
        with refusal:
            return Answer(refusal.code, json.load(refusal))


class Server:
    """A process that was started, and what it has said so far."""

    def __init__(self, process: subprocess.Popen[str], ready: str) -> None:
        self.said: list[str] = []
        self._process = process
        self._ready = ready
        self._news = Condition()
        self._ended = False
        self._reader = Thread(target=self._listen)
        self._reader.start()

    def _listen(self) -> None:
        for line in self._process.stdout or ():
            with self._news:
                self.said.append(line)
                self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()

    def wait(self) -> None:
        """Wait until it says that it is ready; raises when it ends before, or takes too long."""
        self.wait_for(self._ready)

    def wait_for(self, pattern: str) -> None:
        """Wait until it has said something; raises when it ends without, or takes too long."""

        def heard() -> bool:
            return any(re.search(pattern, line) for line in self.said)

        with self._news:
            self._news.wait_for(lambda: heard() or self._ended, GIVE_UP_SECONDS)
            if not heard():
                raise AssertionError(f"no {pattern!r} in:\n{''.join(self.said[-40:])}")

    def stop(self) -> int:
        """Tell it to end, and return its exit code."""
        self._process.terminate()
        return self._process.wait(GIVE_UP_SECONDS)

    def kill(self) -> None:
        """End it without a word, and wait until it is gone."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(GIVE_UP_SECONDS)

    def join(self) -> None:
        """Wait until it has said its last."""
        self._reader.join()


@contextmanager
def running(
    command: Sequence[str], ready: str, environment: Mapping[str, str], cwd: Path = ROOT
) -> Iterator[Server]:
    """Run a server for the time of a block.

    A stale server can't be taken for it: it is this process that says it is ready, and one that
    can't have its port ends. It leads a group of its own, and the group is killed.
    """
    with subprocess.Popen(
        command,
        cwd=cwd,
        env=_environment(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        server = Server(process, ready)
        try:
            yield server
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            server.join()


def _environment(added: Mapping[str, str]) -> dict[str, str]:
    # Nothing of the surrounding environment but what finds the programs and the code.
    kept = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)}
    return {**kept, "PYTHONUNBUFFERED": "1", **added}


def free_ports(count: int) -> list[int]:
    """Return ports of this host at which nobody listens."""
    with ExitStack() as stack:
        held = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [each.getsockname()[1] for each in held]


def installed(name: str) -> Path:
    """Return a folder of docker/gateway with its packages, installed once if they are missing."""
    node()
    folder = GATEWAYS / name
    install(folder)
    return folder


def manage(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `manage.py` and return what came of it."""
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *command],
        env=_environment(environment),
        capture_output=True,
        text=True,
        check=False,
    )


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway that runs."""

    url: str
    server: Server

    @property
    def graphql(self) -> str:
        """Where it is asked."""
        return f"{self.url}/graphql"


def _apollo(port: int) -> list[str]:
    return [node(), str(installed("apollo") / "apollo.mjs")]


def _hive(port: int) -> list[str]:
    folder = installed("hive")
    return [
        # Not by npx: killing that would leave the server running.
        *(node(), str(folder / "node_modules" / ".bin" / "hive-gateway")),
        *("supergraph", "--config-path", str(folder / "gateway.config.mjs")),
        *("--host", "127.0.0.1", "--port", str(port)),
    ]


COMMANDS = {"apollo": _apollo, "hive": _hive}
ONE_PROCESS = "one process"


@contextmanager
def gateway(kind: str, supergraph: Path, **environment: str) -> Iterator[Gateway]:
    """Run Apollo Gateway or Hive Gateway for the time of a block."""
    (port,) = free_ports(1)
    environment = {"SUPERGRAPH": str(supergraph), "PORT": str(port), **environment}
    with running(COMMANDS[kind](port), "Gateway at|Listening on", environment) as server:
        server.wait()
        yield Gateway(f"http://127.0.0.1:{port}", server)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """Where everything is, and what was seeded."""

    endpoints: dict[str, str]
    keys: dict[str, str]
    ids: dict[str, list[str]]
    #: By service, the process that has it; started once more by `start`.
    servers: dict[str, Server]
    start: Callable[[str], Server]

    def ask(self, endpoint: str, document: str, variables: Mapping[str, Any], key: str) -> Answer:
        """Ask `one process`, `apollo` or `hive` with a seeded key, or with none."""
        return ask(self.endpoints[endpoint], document, variables, key=self.keys.get(key, ""))

    @contextmanager
    def killed(self, service: str) -> Iterator[None]:
        """Have a service dead during a block; after it, wait until it is there again."""
        self.servers[service].kill()
        try:
            yield
        finally:
            self.servers[service] = self.start(service)
            self.servers[service].wait()


@contextmanager
def stack(
    folder: Path,
    *,
    services: Sequence[str] = tuple(BY_NAME),
    endpoints: Sequence[str] = (ONE_PROCESS, *COMMANDS),
) -> Iterator[Stack]:
    """Start these services, one in each process, and what is asked; end them with the block."""
    data = {
        "DATA_DIR": str(folder / "data"),
        "LOG_FORMAT": "json",
        "LOG_LEVEL": "WARNING",
        # One key asks all there is to ask, in the nightly run for minutes.
        "RATE_LIMIT_CREDENTIAL": "0",
        "RATE_LIMIT_TENANT": "0",
    }
    one, *several = free_ports(1 + len(services))
    ports = dict(zip(services, several, strict=True))
    urls = {name: f"{name}=http://127.0.0.1:{port}" for name, port in ports.items()}
    split = data | {"SERVICE_URLS": ",".join(urls.values()), "GRAPHQL_LIMITS": "gateway"}

    seeded = json.loads(_seed(data))
    with ExitStack() as everything:

        def serve(port: int, **environment: str) -> Server:
            command = [sys.executable, str(ROOT / "manage.py"), "serve"]
            return everything.enter_context(
                running(command, " at http://", {"PORT": str(port), **environment})
            )

        def start(name: str) -> Server:
            return serve(ports[name], SERVICES=name, **split)

        whole = [serve(one, SERVICES="all", **data)] if ONE_PROCESS in endpoints else []
        servers = {name: start(name) for name in services}
        for server in (*whole, *servers.values()):
            server.wait()
        installed("composer")
        supergraph = folder / "supergraph.graphql"
        asked = [word for url in urls.values() for word in ("--url", url)]
        done = manage("supergraph", *asked, "--output", str(supergraph), **data)
        assert done.returncode == 0, done.stderr
        yield Stack(
            endpoints={
                ONE_PROCESS: f"http://127.0.0.1:{one}/graphql",
                **{
                    kind: everything.enter_context(gateway(kind, supergraph)).graphql
                    for kind in endpoints
                    if kind in COMMANDS
                },
            },
            keys=seeded["keys"],
            ids=seeded["ids"],
            servers=servers,
            start=start,
        )


def _seed(environment: Mapping[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("seed.py"))],
        env=_environment(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
