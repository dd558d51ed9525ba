"""The files service as programs meet it: a real process, real connections, its own folder."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, TypeVar

from kernel.testing.embedded import ROOT, embedded
from kernel.testing.processes import running, wait_for_line

T = TypeVar("T")

UPLOADS = "/files/api/uploads/"
BODY = {"Content-Type": "application/offset+octet-stream"}
GIVE_UP_SECONDS = 120
ORIGIN = "https://app.example.com"
MOST_BYTES = 100_000_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """The code of an error."""
        return str(json.loads(self.body)["errors"][0]["extensions"]["code"])

    @property
    def offset(self) -> int:
        """How far an upload is."""
        return int(self.headers["upload-offset"])


class Site:
    """A running platform, by the key of its demo tenant where nothing else is said."""

    def __init__(self, url: str, key: str, data: Path) -> None:
        self.host = url.partition("//")[2]
        self.key = key
        self.data = data

    def connect(self) -> HTTPConnection:
        """Return a connection."""
        return HTTPConnection(self.host, timeout=GIVE_UP_SECONDS)

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        *,
        key: str | None = None,
    ) -> Answer:
        """Send one request; a header that is empty is not sent."""
        told = {"Authorization": f"Bearer {key or self.key}", "Tus-Resumable": "1.0.0"}
        told = {name: value for name, value in (told | dict(headers or {})).items() if value}
        with closing(self.connect()) as connection:
            connection.request(method, path, body=body, headers=told)
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status, found, response.read())

    def begin(self, length: int | None, **headers: str) -> str:
        """Begin an upload and return its path."""
        told = {"Upload-Defer-Length": "1"} if length is None else {"Upload-Length": str(length)}
        answer = self.ask("POST", UPLOADS, headers=told | named(headers))
        assert answer.status == 201, answer
        return answer.headers["location"]

    def patch(self, path: str, body: bytes, offset: int, **headers: str) -> Answer:
        """Go on with an upload."""
        told = BODY | {"Upload-Offset": str(offset)} | named(headers)
        return self.ask("PATCH", path, body, told)

    def graphql(self, query: str, *, key: str | None = None, **variables: Any) -> Any:
        """Ask the graph, and return its data."""
        body = json.dumps({"query": query, "variables": variables})
        answer = self.ask("POST", "/graphql", body, {"Content-Type": "application/json"}, key=key)
        told = json.loads(answer.body)
        assert "data" in told, told
        return told["data"]

    def files(self, name: str) -> list[dict[str, Any]]:
        """Return the files of a name."""
        query = """query($name: String) { files(filter: {name: $name}) { nodes {
            id name contentType detectedType sizeBytes sha256 state scanner finding } } }"""
        nodes: list[dict[str, Any]] = self.graphql(query, name=name)["files"]["nodes"]
        return nodes

    def scanned(self, name: str) -> dict[str, Any]:
        """Return the one file of a name once there is a verdict."""

        def judged() -> dict[str, Any] | None:
            [file] = self.files(name)
            done = file["state"] in {"CLEAN", "INFECTED", "UNSCANNABLE", "REFUSED"}
            return file if done else None

        return wait_for(judged)

    def stored(self) -> dict[str, int]:
        """Return what the store's folder holds, with its sizes."""
        folder = self.data / "files"
        return {
            str(path.relative_to(folder)): path.stat().st_size
            for path in folder.rglob("*")
            if path.is_file()
        }

    def manage(self, *arguments: str) -> str:
        """Run a command of the platform beside it."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env={
                "PATH": os.environ["PATH"],
                "DATA_DIR": str(self.data),
                "LOG_LEVEL": "ERROR",
                "SERVICES": "files",
            },
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout


@contextmanager
def running_site(data: Path, *, key: str = "", **settings: str) -> Iterator[Site]:
    """Run one in a folder while the block runs; with a key, one that was there before."""
    chosen = {
        # Alone it is there several times as soon.
        "SERVICES": "files",
        # What is counted and killed is the tests' own.
        "DEMO_DATA": "false",
        "FILES_ORIGINS": ORIGIN,
        "FILES_MAX_BYTES": str(MOST_BYTES),
        # Who asks again and again until something is so is not to be held up.
        "RATE_LIMIT_CREDENTIAL": "0",
        "RATE_LIMIT_TENANT": "0",
    } | settings
    if not key:
        with embedded(data, chosen) as made:
            yield Site(made.url, made.key, data)
        return
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(data), "PORT": "0"}
    environment |= {"PYTHONUNBUFFERED": "1", "LOG_LEVEL": "WARNING"}
    command = [sys.executable, "manage.py", "dev"]
    with running(command, cwd=ROOT, env=environment | chosen) as process:
        line = wait_for_line(process, r"Septet is at ")[-1]
        yield Site(line.split()[3], key, data)


def named(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers that were given as arguments: `upload_length` for `Upload-Length`."""
    return {name.replace("_", "-").title(): value for name, value in headers.items()}


def wait_for(found: Callable[[], T | None]) -> T:
    """Return what is found as soon as it is."""
    deadline = time.monotonic() + GIVE_UP_SECONDS
    while (result := found()) is None:
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.02)
    return result
