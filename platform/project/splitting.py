"""The platform as processes on this machine: seven services, worker, gateway, edge, one log."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock, Thread

from django.conf import settings

from kernel.services import BY_NAME, COMBINED_PORT

#: Where the gateway listens.
GATEWAY_PORT = 4000
#: Who ends by itself is started again after so long.
AGAIN_SECONDS = 1.0
#: What a process takes to end beside STOP_TIMEOUT: it drains, gives back its lease, sends spans.
LAST_SECONDS = 6.0
#: What each process of ours has to say when it has begun.
_BEGUN = {"worker": "working with", "relay": "relaying", "consume": "consuming for"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One process: its name in the log, what it runs, and what it says when it has begun."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    begun: str


def ports_from(first: int | None) -> dict[str, int]:
    """Return the port of each service, of gateway and edge: their own, or from a first one on."""
    names = [*BY_NAME, "gateway", "edge"]
    if first is not None:
        return {name: first + number for number, name in enumerate(names)}
    services = {name: one.port for name, one in BY_NAME.items()}
    return {**services, "gateway": GATEWAY_PORT, "edge": COMBINED_PORT}


def parts_of_platform(ports: Mapping[str, int]) -> Iterator[Part]:
    """Yield each service and who works for them; Kafka has a relay and a consumer of its own."""
    urls = ",".join(f"{name}=http://127.0.0.1:{ports[name]}" for name in BY_NAME)
    shared = {
        "SERVICE_URLS": urls,
        "DRAIN_TIME": "1s",
        "MESH_REGISTRY": "database" if settings.MESH_REGISTRY == "off" else settings.MESH_REGISTRY,
        "OPERATIONS_PORT": "0",
    }
    if nginx() and "PUBLIC_ORIGIN" not in os.environ:
        # All are reached there, so links lead from one to the other by paths.
        shared |= {"PUBLIC_ORIGIN": origin_of_edge(ports), "TRUSTED_PROXIES": "127.0.0.1"}
    for name in BY_NAME:
        own = {"SERVICES": name, "PORT": str(ports[name])}
        # Where the others find it, so that they and its lease tell of the same.
        own["MESH_ADDRESS"] = f"http://127.0.0.1:{ports[name]}"
        yield Part(
            name=name, command=_manage("serve"), environment=shared | own, begun=f"{name} at http"
        )
    working = ["worker", *(["relay", "consume"] if settings.KAFKA_BOOTSTRAP_SERVERS else [])]
    for name in working:
        environment = shared | {"SERVICES": "all", "PORT": "0"}
        yield Part(name=name, command=_manage(name), environment=environment, begun=_BEGUN[name])


def gateway(ports: Mapping[str, int]) -> Part | None:
    """Return the gateway over them, where Node.js and its packages are; it needs their schemas."""
    folder = Path(settings.BASE_DIR) / "docker" / "gateway" / "hive"
    program = folder / "node_modules" / ".bin" / "hive-gateway"
    node = shutil.which("node")
    if node is None or not program.exists():
        return None
    graph = settings.DATA_DIR / "supergraph.graphql"
    asked = [f"--url={name}=http://127.0.0.1:{ports[name]}" for name in BY_NAME]
    command = [*_manage("supergraph"), f"--output={graph}", *asked]
    if subprocess.run(command, check=False).returncode:  # noqa: S603  our own # nosec B603
        return None
    return Part(
        name="gateway",
        command=(
            *(node, str(program), "supergraph"),
            *("--config-path", str(folder / "gateway.config.mjs")),
            *("--host", "127.0.0.1", "--port", str(ports["gateway"])),
        ),
        environment={"SUPERGRAPH": str(graph)},
        begun="Listening on",
    )


def followed(log: Path) -> Part:
    """Return what has the lines of a server, from now on, in the one log."""
    return Part(name=log.stem, command=("tail", "-n", "0", "-F", str(log)), begun="")


def origin_of_edge(ports: Mapping[str, int]) -> str:
    """Return where people reach all of it."""
    return f"http://localhost:{ports['edge']}"


def nginx() -> str | None:
    """Return the program, where it is installed; Debian keeps it out of the way of users."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")


def edge_configuration(ports: Mapping[str, int], folder: Path) -> str:
    """Return that of docker/edge for processes at these ports of this machine.

    `folder` is where nginx may write; `ports` names itself as `edge`.
    """
    text = (Path(settings.BASE_DIR) / "docker" / "edge" / "nginx.conf").read_text()
    for name in [*BY_NAME, "gateway"]:
        inside = GATEWAY_PORT if name == "gateway" else COMBINED_PORT
        text = text.replace(f"server {name}:{inside} ", f"server 127.0.0.1:{ports[name]} ")
    text = text.replace("listen 8080", f"listen 127.0.0.1:{ports['edge']}")
    text = text.replace("/tmp/", f"{folder}/")  # noqa: S108  not where this writes # nosec B108
    # As root its workers would be others, who may not write here; in its image it is not root.
    return f"user root;\n{text}" if os.geteuid() == 0 else text


def edge(ports: Mapping[str, int]) -> Part | None:
    """Return what makes them one site, where nginx is installed."""
    program = nginx()
    if program is None:
        return None
    folder = settings.DATA_DIR / "edge"
    folder.mkdir(exist_ok=True)
    file = folder / "nginx.conf"
    file.write_text(edge_configuration(ports, folder))
    return Part(name="edge", command=(program, "-e", "stderr", "-c", str(file)), begun="")


class Running:
    """Processes that are started again when they end, and whose lines become one log."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._lock = Lock()
        self._stopping = Event()
        self._processes: dict[str, subprocess.Popen[str]] = {}
        self._threads: list[Thread] = []

    def start(self, part: Part) -> Event:
        """Begin one; the event tells that it said it has begun."""
        begun = Event()
        thread = Thread(target=self._keep, args=(part, begun), name=part.name, daemon=True)
        self._threads.append(thread)
        thread.start()
        return begun

    def stop(self, seconds: float) -> None:
        """Tell all to end, the last to begin first, and kill who takes longer."""
        self._stopping.set()
        with self._lock:
            running = list(self._processes.values())
        for process in reversed(running):
            process.send_signal(signal.SIGTERM)
        end = time.monotonic() + seconds
        for process in running:
            try:
                process.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
        for thread in self._threads:
            thread.join(AGAIN_SECONDS)

    def _keep(self, part: Part, begun: Event) -> None:
        while not self._stopping.is_set():
            code = self._run(part, begun)
            if not self._stopping.is_set():
                self._line(part.name, f"ended with {code}, and is started again")
                self._stopping.wait(AGAIN_SECONDS)

    def _run(self, part: Part, begun: Event) -> int:
        with self._lock:
            if self._stopping.is_set():
                return 0
            process = subprocess.Popen(  # noqa: S603  our own # nosec B603
                part.command,
                cwd=settings.BASE_DIR,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **part.environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                # A line that is none of text is shown all the same.
                errors="replace",
                # A Ctrl-C is for us, who end them in their order.
                start_new_session=True,
            )
            self._processes[part.name] = process
        # Its pipe is closed with the block.
        with process:
            for line in process.stdout or ():
                self._line(part.name, line.rstrip("\n"))
                if part.begun in line:
                    begun.set()
        return process.returncode

    def _line(self, name: str, text: str) -> None:
        with self._lock:
            self._say(f"{name:<13} | {text}")


def _manage(command: str) -> tuple[str, ...]:
    return sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), command
