"""A site whose files are in S3, reached through a door that a test can shut."""

import select
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any
from urllib.parse import urlsplit

import boto3
import urllib3

from tests.devservices.fixtures import Servers

http = urllib3.PoolManager(retries=False)


class Door:
    """Passes connections on to a server, or refuses all of them as if nothing were there."""

    def __init__(self, url: str) -> None:
        target = urlsplit(url)
        self._target = (str(target.hostname), int(target.port or 80))
        self._open = Event()
        with closing(socket.create_server(("127.0.0.1", 0))) as found:
            self._address = found.getsockname()
        self.url = f"http://127.0.0.1:{self._address[1]}"
        self.open()

    def open(self) -> None:
        """Let connections through."""
        self._open.set()
        self._listening = socket.create_server(self._address)
        Thread(target=self._accept, args=(self._listening,), daemon=True).start()

    def shut(self) -> None:
        """Break those off that there are, and refuse all others."""
        self._open.clear()
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                near, _ = listening.accept()
            except OSError:
                return
            Thread(target=self._pass, args=(near,), daemon=True).start()

    def _pass(self, near: socket.socket) -> None:
        with closing(near), closing(socket.create_connection(self._target)) as far:
            while self._open.is_set():
                ready, _, _ = select.select([near, far], [], [], 0.05)
                for one in ready:
                    try:
                        data = one.recv(256 * 1024)
                        if not data:
                            return
                        (far if one is near else near).sendall(data)
                    except OSError:
                        return


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A bucket of its own, and the door to it."""

    name: str
    client: Any
    door: Door
    settings: dict[str, str] = field(default_factory=dict)

    def names(self) -> list[str]:
        """Return what is in it."""
        found = self.client.list_objects_v2(Bucket=self.name).get("Contents", [])
        return [one["Key"] for one in found]

    def under_way(self) -> int:
        """Return how many uploads in parts have neither been joined nor ended."""
        return len(self.client.list_multipart_uploads(Bucket=self.name).get("Uploads", []))


@contextmanager
def made_bucket(servers: Servers, name: str) -> Iterator[Bucket]:
    """Make one, with the settings of a site that keeps its files there."""
    variables = servers.up("s3")
    address = variables["S3_ENDPOINT_URL"]
    credentials = {
        one: variables[one]
        for one in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION")
    }
    client = boto3.client(
        "s3",
        endpoint_url=address,
        aws_access_key_id=credentials["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=credentials["AWS_SECRET_ACCESS_KEY"],
        region_name=credentials["AWS_DEFAULT_REGION"],
    )
    client.create_bucket(Bucket=name)
    door = Door(address)
    settings = credentials | {
        "FILES_STORAGE": f"s3://{name}",
        "AWS_ENDPOINT_URL_S3": door.url,
        # Where clients reach it is another address.
        "FILES_S3_ADDRESS": address,
    }
    yield Bucket(name=name, client=client, door=door, settings=settings)
    door.shut()


def send(request: Mapping[str, Any], body: bytes, *, base: str = "") -> int:
    """Make a request that a mutation told, as it stands; return its status."""
    url = f"{base}{request['url']}" if request["url"].startswith("/") else request["url"]
    told = {one["name"]: one["value"] for one in request["headers"]}
    # The client says how long the body is.
    told.pop("Content-Length", None)
    if request["method"] == "POST":
        fields: dict[str, Any] = {one["name"]: one["value"] for one in request["fields"]}
        fields["file"] = ("any", body, "image/png")
        return http.request("POST", url, fields=fields).status
    return http.request(request["method"], url, body=body, headers=told).status
