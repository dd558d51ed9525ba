"""A server from its start to its end, and the platform's own application behind it."""

import os
import re
import resource
import signal
import socket
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from kernel.serving.server import AddressInUseError, listen, serve, url_of
from kernel.testing.processes import running, wait_for_line
from kernel.testing.serving import GIVE_UP_SECONDS, serving
from project.wsgi import application as platform

SCRIPT = """
import sys
from datetime import timedelta
from kernel.serving.server import serve

def application(environ, start_response):
    print("begun", flush=True)
    body = environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]

serve(application, host="127.0.0.1", port=0, threads=2, stop_timeout=timedelta(seconds=10),
      on_listening=lambda url: print(url, flush=True))
print("stopped", flush=True)
"""


def held(begun: Event, let_go: Event) -> Any:
    def application(_environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        begun.set()
        let_go.wait(GIVE_UP_SECONDS)
        start_response("200 OK", [("Content-Length", "4")])
        return [b"done"]

    return application


def refuses(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), GIVE_UP_SECONDS).close()
    except ConnectionError:
        return True
    return False


def test_stopping_finishes_what_has_begun_and_takes_nothing_new() -> None:
    begun, let_go = Event(), Event()
    with serving(held(begun, let_go)) as served, served.client() as client:
        client.request("GET", "/")
        begun.wait(GIVE_UP_SECONDS)

        served.tell_to_stop()

        while not refuses(served.port):
            assert served.thread.is_alive()
        let_go.set()
        response = client.getresponse()
        assert response.read() == b"done"
        assert response.headers["connection"] == "close"
        served.thread.join(GIVE_UP_SECONDS)
        assert not served.thread.is_alive()


def test_stopping_closes_idle_connections() -> None:
    with serving(held(Event(), Event())) as served, served.connect(b"") as idle:
        served.tell_to_stop()

        assert idle.recv(1) == b""


def test_stopping_finishes_what_has_begun_whatever_number_an_idle_connection_has() -> None:
    begun, let_go = Event(), Event()
    with ExitStack() as stack:
        most, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (most, hard))
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(most, min(hard, 4096)), hard))
        served = stack.enter_context(serving(held(begun, let_go)))
        client = stack.enter_context(served.client())
        client.request("GET", "/")
        begun.wait(GIVE_UP_SECONDS)
        # `select` takes no more than the first 1,024.
        for _ in range(1024):
            stack.enter_context(Path(os.devnull).open("rb"))
        idle = stack.enter_context(served.connect(b""))
        assert idle.fileno() > 1024

        served.tell_to_stop()

        assert idle.recv(1) == b""
        let_go.set()
        assert client.getresponse().read() == b"done"


def test_a_request_that_does_not_end_delays_the_stop_no_longer_than_allowed() -> None:
    begun, let_go = Event(), Event()
    application = held(begun, let_go)
    with serving(application, stop_timeout=timedelta(seconds=1)) as served:
        with served.connect(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"):
            begun.wait(GIVE_UP_SECONDS)

            served.tell_to_stop()

            served.thread.join(GIVE_UP_SECONDS)
            assert not served.thread.is_alive()
        let_go.set()


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_process_after_the_request_in_flight(
    tmp_path: Path, told: signal.Signals
) -> None:
    root = Path(__file__).parents[3]
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(root / "platform")}
    command = [sys.executable, "-W", "error", "-c", SCRIPT]
    with running(command, cwd=tmp_path, env=env) as process:
        found = re.search(r"http://localhost:(\d+)", wait_for_line(process, "http")[-1])
        assert found
        address = ("127.0.0.1", int(found[1]))
        with socket.create_connection(address, GIVE_UP_SECONDS) as connection:
            size = 100_000
            connection.sendall(
                f"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n".encode()
            )
            connection.sendall(b"x" * (size - 1))
            wait_for_line(process, "begun")

            process.send_signal(told)
            while not refuses(address[1]):
                assert process.poll() is None
            connection.sendall(b"x")

            answer = b"".join(iter(lambda: connection.recv(65_536), b""))
        assert answer.endswith(b"\r\n\r\n" + b"x" * size)
        assert wait_for_line(process, "stopped") == ["stopped\n"]
        assert process.wait(GIVE_UP_SECONDS) == 0


def test_an_address_in_use_is_told_in_one_sentence() -> None:
    told: list[str] = []
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(AddressInUseError) as refused:
            serve(
                platform,
                host="127.0.0.1",
                port=port,
                threads=1,
                stop_timeout=timedelta(seconds=1),
                on_listening=told.append,
            )

    assert str(refused.value) == (
        f"cannot listen on 127.0.0.1:{port}: Address already in use; set PORT or HOST to another"
    )
    assert told == []


@pytest.mark.parametrize(
    ("host", "shown"), [("127.0.0.1", "localhost"), ("0.0.0.0", "localhost"), ("::1", "localhost")]
)
def test_the_address_that_is_told_is_one_for_a_browser(host: str, shown: str) -> None:
    with listen(host, 0) as listener:
        assert url_of(listener) == f"http://{shown}:{listener.getsockname()[1]}"


def test_static_files_of_the_back_office_are_served() -> None:
    with serving(platform) as served, served.client() as client:
        client.request("GET", "/static/admin/css/base.css", headers={"Host": "localhost"})
        response = client.getresponse()

        assert response.status == 200
        assert response.headers["content-type"] == 'text/css; charset="utf-8"'
        assert len(response.read()) == int(response.headers["content-length"])


def test_the_platform_answers_that_it_lives() -> None:
    with serving(platform) as served, served.client() as client:
        client.request("GET", "/health/live", headers={"Host": "localhost"})

        assert client.getresponse().read() == b'{"status": "live"}'
