"""Real nginx and Envoy with the edge's configurations, before services that tell what they get."""

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Event, Thread

import pytest
import yaml

from kernel.services import BY_NAME
from kernel.testing.processes import running
from project.splitting import edge_configuration, nginx
from tests.docker.image import ROOT
from tests.docker.test_processes import free_ports
from tests.docker.tools import envoy

pytestmark = pytest.mark.live

EDGE = ROOT / "docker" / "edge"
GIVE_UP_SECONDS = 30
HALF = b"x" * 100_000


def _say_nothing(_handler: BaseHTTPRequestHandler, format: str, *_told: object) -> None:  # noqa: A002
    """Stand in place of a log."""


@dataclass
class Upstream:
    """A service that answers with its name, and remembers what it was asked."""

    name: str
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    well: bool = True
    #: It takes connections and says nothing, as one that was killed.
    gone: bool = False
    #: The first half of an upload is there.
    half: Event = field(default_factory=Event)
    #: The second event of a stream may go.
    more: Event = field(default_factory=Event)

    def handler(self) -> type[BaseHTTPRequestHandler]:
        """Return what answers for it."""
        upstream = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            log_message = _say_nothing

            def parse_request(self) -> bool:
                self.close_connection = upstream.gone
                return not upstream.gone and super().parse_request()

            def do_GET(self) -> None:
                if self.path == "/health/ready":
                    self._say(200 if upstream.well else 503, b"")
                elif self.path.endswith("/events"):
                    self._stream()
                else:
                    self._tell()

            def do_PUT(self) -> None:
                length = int(self.headers["Content-Length"])
                self.rfile.read(len(HALF))
                upstream.half.set()
                self.rfile.read(length - len(HALF))
                self._tell()

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self._tell()

            def _tell(self) -> None:
                told = {name.lower(): value for name, value in self.headers.items()}
                upstream.asked.append((self.path, told))
                self._say(200 if upstream.well else 503, upstream.name.encode())

            def _stream(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(b"data: 1\n\n")
                self.wfile.flush()
                upstream.more.wait(GIVE_UP_SECONDS)
                self.wfile.write(b"data: 2\n\n")
                self.close_connection = True

            def _say(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        return Handler


@dataclass(frozen=True)
class Edge:
    """An edge that listens, and what stands behind it."""

    port: int
    upstreams: dict[str, Upstream]

    def connect(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.port, timeout=GIVE_UP_SECONDS)

    def ask(
        self, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, str, HTTPResponse]:
        """Send one request; return status, body and answer."""
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        with closing(self.connect()) as connection:
            # Who takes no more of a body answers before its end.
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.request("GET" if body is None else "POST", path, body, told)
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), answer


@contextmanager
def standing(name: str) -> Iterator[tuple[Upstream, int]]:
    upstream = Upstream(name)
    server = ThreadingHTTPServer(("127.0.0.1", 0), upstream.handler())
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield upstream, server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def nginx_at(port: int, ports: dict[str, int], folder: Path) -> list[str]:
    """Write the configuration for these ports, and return the command."""
    program = nginx()
    if program is None:
        pytest.skip("nginx is not here: Debian has it as nginx-light")
    file = folder / "nginx.conf"
    file.write_text(edge_configuration({**ports, "edge": port}, folder))
    return [program, "-e", "stderr", "-c", str(file)]


def envoy_at(port: int, ports: dict[str, int], folder: Path) -> list[str]:
    """Write the configuration for these ports, and return the command."""
    text = (EDGE / "envoy.yaml").read_text()
    for name, at in ports.items():
        inside = f"address: {name}, port_value: {4000 if name == 'gateway' else 8000}"
        assert inside in text
        text = text.replace(inside, f"address: 127.0.0.1, port_value: {at}")
    text = text.replace("0.0.0.0, port_value: 8080", f"127.0.0.1, port_value: {port}")
    file = folder / "envoy.yaml"
    file.write_text(text)
    alone = ["--disable-hot-restart", "--concurrency", "1", "--log-level", "error"]
    return [str(envoy()), "--config-path", str(file), *alone]


@pytest.fixture(scope="module", params=[nginx_at, envoy_at], ids=["nginx", "envoy"])
def edge(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Edge]:
    """A real edge before eight services of a test."""
    folder = tmp_path_factory.mktemp("edge")
    with ExitStack() as stack:
        found = {name: stack.enter_context(standing(name)) for name in [*BY_NAME, "gateway"]}
        (port,) = free_ports(1)
        command = request.param(port, {name: at for name, (_, at) in found.items()}, folder)
        environment = {"PATH": os.environ["PATH"]}
        process = stack.enter_context(running(command, cwd=folder, env=environment))
        made = Edge(port, {name: upstream for name, (upstream, _) in found.items()})
        soon(lambda: all(_reached(made, f"/{name}/api/") for name in BY_NAME))
        soon(lambda: _reached(made, "/graphql"))
        yield made
        # Killed, nginx would leave its workers behind.
        process.terminate()
        assert process.wait(GIVE_UP_SECONDS) == 0


def _reached(edge: Edge, path: str) -> bool:
    try:
        return edge.ask(path)[0] == 200
    except OSError:
        return False


def soon(done: Callable[[], bool]) -> None:
    until = time.monotonic() + GIVE_UP_SECONDS
    while not done():
        assert time.monotonic() < until, "not in time"
        time.sleep(0.05)


@pytest.mark.parametrize("name", BY_NAME)
def test_a_path_leads_to_the_process_of_its_service(edge: Edge, name: str) -> None:
    found = (f"/{name}/api/things/1?a=b%20c", f"/{name}/page/", f"/admin/{name}/thing/")
    for path in (*found, f"/static/{name}/a.css"):
        assert edge.ask(path)[:2] == (200, name)
        assert edge.upstreams[name].asked[-1][0] == path


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/graphql", "gateway"),
        ("/ofrep/v1/evaluate/flags", "config"),
        ("/", "audit"),
        ("/admin/", "audit"),
        ("/admin/jobs/job/", "audit"),
        ("/static/kernel/admin.css", "audit"),
    ],
)
def test_what_no_service_names_has_a_place(edge: Edge, path: str, name: str) -> None:
    assert edge.ask(path)[:2] == (200, name)


@pytest.mark.parametrize(
    "path",
    [
        *("/audit/graphql", "/audit//graphql", "/audit/gr%61phql", "/audit%2Fgraphql"),
        *("/x/../audit/graphql", "/metrics", "/%6detrics", "/health/ready"),
    ],
)
def test_nobody_passes_by_the_gateway_or_reads_figures(edge: Edge, path: str) -> None:
    before = [len(one.asked) for one in edge.upstreams.values()]

    status, _, _ = edge.ask(path, b"{}")

    assert status in {400, 404}
    assert [len(one.asked) for one in edge.upstreams.values()] == before


def test_a_request_has_an_id_a_sender_and_no_trace_of_a_stranger(edge: Edge) -> None:
    edge.ask("/files/api/x", X_Request_Id="0190b5a4-0000-7000-8000-000000000001")
    claimed = {"X_Forwarded_Proto": "https", "X_Forwarded_For": "203.0.113.66"}
    edge.ask("/files/api/x", None, traceparent=f"00-{'a' * 32}-{'b' * 16}-01", **claimed)

    (_, kept), (_, made) = edge.upstreams["files"].asked[-2:]
    assert kept["x-request-id"] == "0190b5a4-0000-7000-8000-000000000001"
    assert re.fullmatch(r"[0-9a-f-]{32,36}", made["x-request-id"])
    assert made["host"] == f"127.0.0.1:{edge.port}"
    # The last one is whom the edge has seen, and the platform reads no further. Envoy tells this
    # machine by the address that others have for it.
    last = made["x-forwarded-for"].rpartition(",")[2].strip()
    assert str(ip_address(last)) != claimed["X_Forwarded_For"]
    assert made["x-forwarded-proto"] == "http"
    assert "traceparent" not in made


def test_an_upload_reaches_its_service_while_it_is_sent(edge: Edge) -> None:
    files = edge.upstreams["files"]
    files.half.clear()
    with closing(edge.connect()) as connection:
        connection.putrequest("PUT", "/files/api/files/a.bin")
        connection.putheader("Content-Length", str(50 * len(HALF)))
        connection.endheaders()
        connection.send(HALF)
        arrived = files.half.wait(GIVE_UP_SECONDS)
        connection.send(49 * HALF)
        status = connection.getresponse().status

    assert (arrived, status) == (True, 200)


def test_a_document_of_graphql_is_no_longer_than_the_gateway_takes(edge: Edge) -> None:
    assert edge.ask("/graphql", b"x" * 2_000_000)[:2] == (200, "gateway")
    assert edge.ask("/graphql", b"x" * 2_200_000)[0] == 413


def test_an_event_arrives_before_the_next_one_is_told(edge: Edge) -> None:
    scheduler = edge.upstreams["scheduler"]
    scheduler.more.clear()
    with closing(edge.connect()) as connection:
        connection.request("GET", "/scheduler/api/jobs/1/events")
        answer = connection.getresponse()
        first = answer.read1(100)
        scheduler.more.set()
        rest = answer.read()

    assert (b"data: 1" in first, b"data: 2" in first) == (True, False)
    assert b"data: 2" in rest


def test_with_a_service_down_the_others_answer_and_it_comes_back(edge: Edge) -> None:
    edge.upstreams["documents"].well = False

    soon(lambda: edge.ask("/documents/api/x")[0] in {502, 503})
    assert edge.ask("/files/api/x")[:2] == (200, "files")

    edge.upstreams["documents"].well = True
    soon(lambda: edge.ask("/documents/api/x")[:2] == (200, "documents"))


def test_another_answers_for_the_back_office_of_who_is_gone_and_for_what_all_have(
    edge: Edge,
) -> None:
    documents, audit = edge.upstreams["documents"], edge.upstreams["audit"]

    documents.gone = True
    soon(lambda: edge.ask("/admin/documents/document/")[:2] == (200, "audit"))
    assert edge.upstreams["audit"].asked[-1][0] == "/admin/documents/document/"
    documents.gone = False
    soon(lambda: edge.ask("/admin/documents/document/")[:2] == (200, "documents"))

    audit.gone = True
    soon(lambda: edge.ask("/admin/")[0] == 200)
    assert edge.ask("/sign-in/")[1] in set(BY_NAME) - {"audit"}
    audit.gone = False
    soon(lambda: edge.ask("/admin/")[:2] == (200, "audit"))


def test_envoy_does_the_same_for_each_service() -> None:
    told = yaml.safe_load((EDGE / "envoy.yaml").read_text())["static_resources"]

    for cluster in told["clusters"]:
        if "cluster_type" in cluster:
            # It consists of others.
            continue
        assert cluster["health_checks"][0]["http_health_check"] == {"path": "/health/ready"}
        assert cluster["outlier_detection"]["max_ejection_percent"] == 50
