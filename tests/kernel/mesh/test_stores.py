"""Consul and etcd by what they answer: recorded of etcd 3.4.23, Consul's of its documentation."""

import base64
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any, NamedTuple

import pytest
import urllib3

from kernel.discovery.addresses import Address, DiscoveryError
from kernel.discovery.directory import Directory
from kernel.discovery.stores import Consul, Etcd
from tests.kernel.mesh.test_processes import free_ports


class Answer(NamedTuple):
    """What a server gives once it may."""

    body: str
    status: int = 200
    of_index: str = ""
    after: Event | None = None


class Seen(NamedTuple):
    """What it was asked for."""

    path: str
    token: str
    body: Any


class Replaying:
    """A server that plays recorded answers one after the other; the last one stays."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.answers: list[Answer] = []
        replaying = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                token = self.headers["X-Consul-Token"] or self.headers["Authorization"] or ""
                replaying.seen.append(Seen(self.path, token, json.loads(body or "null")))
                given = replaying.answers
                answer = given.pop(0) if len(given) > 1 else given[0]
                if answer.after:
                    answer.after.wait(60)
                self.send_response(answer.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer.body)))
                if answer.of_index:
                    self.send_header("X-Consul-Index", answer.of_index)
                self.end_headers()
                self.wfile.write(answer.body.encode())

            do_GET = do_POST = answer  # noqa: N815  as the server wants them

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.at = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def server() -> Iterator[Replaying]:
    made = Replaying()
    thread = Thread(target=made.server.serve_forever, args=(0.01,))
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def node(address: str, port: int, *, host: str = "10.1.10.12", **meta: str) -> dict[str, Any]:
    """Return one process as `GET /v1/health/service/:service` documents it."""
    return {
        "Node": {
            "ID": "40e4a748-2192-161a-0510-9bf59fe950b5",
            "Node": "foobar",
            "Address": host,
            "Datacenter": "dc1",
            "TaggedAddresses": {"lan": host, "wan": host},
            "Meta": {"instance_type": "t2.medium"},
        },
        "Service": {
            "ID": "files-1",
            "Service": "files",
            "Tags": ["primary"],
            "Address": address,
            "TaggedAddresses": {"lan": {"address": address, "port": port}},
            "Meta": meta or None,
            "Port": port,
            "Weights": {"Passing": 10, "Warning": 1},
        },
        "Checks": [{"Node": "foobar", "CheckID": "serfHealth", "Status": "passing"}],
    }


BOTH = json.dumps(
    [node("10.1.10.7", 8000, zone="west"), node("", 8001), node("fd00::7", 8443, scheme="https")]
)
ONE = json.dumps([node("10.1.10.7", 8000)])


def test_consul_tells_those_whose_checks_pass_and_then_is_waited_for(
    server: Replaying, settings: Any
) -> None:
    settings.DISCOVERY_TOKEN = "t-1"
    server.answers = [
        Answer(BOTH, of_index="14"),
        Answer(ONE, of_index="15"),
        Answer("[]", of_index="3"),
        Answer(ONE, of_index="4"),
    ]
    consul = Consul(f"consul+{server.at}/files?dc=dc1")

    found = [consul.find() for _ in range(4)]

    assert found[0] == [
        Address("http://10.1.10.7:8000", "west"),
        Address("http://10.1.10.12:8001"),
        Address("https://[fd00::7]:8443"),
    ]
    assert [len(one) for one in found] == [3, 1, 0, 1]
    path = "/v1/health/service/files?passing=1&dc=dc1"
    assert [one.path for one in server.seen] == [
        path,
        f"{path}&index=14&wait=30s",
        f"{path}&index=15&wait=30s",
        # An index that went back is of another state.
        path,
    ]
    assert {one.token for one in server.seen} == {"t-1"}


def test_a_change_that_consul_tells_is_known_at_once_and_holds_up_nobody_else(
    server: Replaying, settings: Any
) -> None:
    changed, over = Event(), Event()
    server.answers = [
        Answer(BOTH, of_index="14"),
        Answer(ONE, of_index="15", after=changed),
        Answer(ONE, of_index="15", after=over),
    ]
    service, other = settings.SERVICES[0], "config"
    settings.SERVICE_URLS = settings.SERVICE_URLS | {
        service: f"consul+{server.at}/files", other: "dns+http://localhost:8000"
    }  # fmt: skip
    directory = Directory()

    before = directory.addresses(service)
    end = time.monotonic() + 60
    while len(server.seen) < 2 and time.monotonic() < end:
        time.sleep(0.01)
    waiting = directory.addresses(service), directory.addresses(other)
    changed.set()
    while len(directory.addresses(service)) > 1 and time.monotonic() < end:
        time.sleep(0.01)

    assert (len(before), len(waiting[0]), len(waiting[1]) > 0) == (3, 3, True)
    assert directory.addresses(service) == (Address("http://10.1.10.7:8000"),)
    directory._ended.set()
    over.set()


#: `POST /v3/kv/range` of etcd 3.4.23.
HEADER = (
    '"header":{"cluster_id":"324952591200643719","member_id":"3319814642761637952",'
    '"revision":"4","raft_term":"2"}'
)
NONE = f"{{{HEADER}}}"
TWO = (
    f"{{{HEADER},"
    '"kvs":[{"key":"L3NlcHRldC9maWxlcy9h","create_revision":"3","mod_revision":"3","version":"1",'
    '"value":"aHR0cDovLzEwLjAuMC43OjgwMDAjd2VzdA=="},{"key":"L3NlcHRldC9maWxlcy9i",'
    '"create_revision":"2","mod_revision":"2","version":"1","value":"aHR0cDovLzEwLjAuMC44OjgwMDA="}],'
    '"count":"2"}'
)
FOUND = [Address("http://10.0.0.7:8000", "west"), Address("http://10.0.0.8:8000")]


def test_etcd_tells_the_values_of_a_folder(server: Replaying, settings: Any) -> None:
    settings.DISCOVERY_TOKEN = "t-1"
    server.answers = [Answer(TWO), Answer(NONE)]
    etcd = Etcd(f"etcd+{server.at}/septet/files")

    assert (etcd.find(), etcd.find()) == (FOUND, [])
    (asked, _) = server.seen
    assert (asked.path, asked.token) == ("/v3/kv/range", "t-1")
    assert base64.b64decode(asked.body["key"]) == b"/septet/files/"
    assert base64.b64decode(asked.body["range_end"]) == b"/septet/files0"


@pytest.mark.parametrize("kind", [Consul, Etcd])
@pytest.mark.parametrize(
    "answer",
    [
        Answer("Permission denied", status=403),
        Answer(
            '{"error":"etcdserver: no leader","message":"etcdserver: no leader","code":14}', 503
        ),
        Answer("rpc error", status=500),
        Answer("<html>"),
        Answer('[{"Service": null}]'),
        Answer('{"kvs":[{"key":"L3M=","value":"bm9uc2Vuc2U="}]}'),
        Answer(" " * (4 * 1024 * 1024 + 1)),
    ],
)
def test_what_is_no_list_of_processes_is_an_outage_that_tells_no_token(
    server: Replaying, settings: Any, kind: type[Consul] | type[Etcd], answer: Answer
) -> None:
    settings.DISCOVERY_TOKEN = "secret-token"
    server.answers = [answer]
    scheme = kind.__name__.lower()

    with pytest.raises(DiscoveryError) as caught:
        kind(f"{scheme}+{server.at}/files").find()

    assert "secret-token" not in str(caught.value)


@pytest.mark.parametrize("kind", [Consul, Etcd])
def test_who_does_not_answer_is_an_outage(kind: type[Consul] | type[Etcd]) -> None:
    (port,) = free_ports(1)

    with pytest.raises(DiscoveryError, match="does not answer"):
        kind(f"{kind.__name__.lower()}+http://127.0.0.1:{port}/files").find()


@pytest.mark.live
def test_a_real_etcd_answers_like_that(tmp_path: Path) -> None:
    program = shutil.which("etcd")
    if program is None:
        pytest.skip("needs etcd: apt-get install etcd-server")
    clients, peers = (f"http://127.0.0.1:{port}" for port in free_ports(2))
    command = [
        *(program, "--data-dir", str(tmp_path / "etcd"), "--initial-cluster", f"default={peers}"),
        *("--listen-client-urls", clients, "--advertise-client-urls", clients),
        *("--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers),
    ]
    with (
        (tmp_path / "log").open("w") as log,
        subprocess.Popen(command, stdout=log, stderr=log) as started,
    ):
        try:
            _until_healthy(clients)
            etcd = Etcd(f"etcd+{clients}/septet/files")
            empty = etcd.find()
            _put(clients, "/septet/files/b", "http://10.0.0.8:8000")
            _put(clients, "/septet/files/a", "http://10.0.0.7:8000#west")
            _put(clients, "/septet/filesystem/x", "http://10.0.0.9:8000")

            assert (empty, etcd.find()) == ([], FOUND)
        finally:
            started.kill()


def _until_healthy(url: str) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            if urllib3.request("GET", f"{url}/health", retries=False).status == 200:
                return
        except urllib3.exceptions.HTTPError:
            time.sleep(0.1)
    raise AssertionError("etcd does not come up")


def _put(url: str, key: str, value: str) -> None:
    sent = {
        "key": base64.b64encode(key.encode()).decode(),
        "value": base64.b64encode(value.encode()).decode(),
    }
    assert urllib3.request("POST", f"{url}/v3/kv/put", json=sent).status == 200
