"""Processes that Consul or etcd know, over the HTTP interface of either."""

import base64
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import SplitResult, quote, urlsplit

import orjson
import urllib3
from django.conf import settings

from kernel.discovery.addresses import Address, DiscoveryError
from kernel.discovery.connections import outside
from kernel.outbound.urls import bracketed

T = TypeVar("T")

#: For an answer that is there already.
ASK_SECONDS = 2.0
#: How long Consul is to wait for a change; it adds up to a sixteenth of its own.
WAIT_SECONDS = 30
#: Of one answer: some thousand processes.
MOST_BYTES = 4 * 1024 * 1024
MOST_PROCESSES = 1000


class Consul:
    """Those whose checks pass: `consul+http://127.0.0.1:8500/files`, and more behind a `?`.

    The scheme and the zone of each are its metadata `scheme`, else http, and `zone`. After the
    first look each waits for a change (blocking queries), so it is to have a thread of its own.
    """

    waits = True

    def __init__(self, text: str) -> None:
        self._url = urlsplit(text.removeprefix("consul+"))
        self._index = 0

    def find(self) -> Sequence[Address]:
        name = quote(self._url.path.strip("/"), safe="")
        query = "&".join(filter(None, ("passing=1", self._url.query, self._waiting())))
        path = f"/v1/health/service/{name}?{query}"
        # What goes wrong is not waited upon: the next look is a first one again.
        index, self._index = self._index, 0
        seconds = ASK_SECONDS + (WAIT_SECONDS * 17 / 16 if index else 0)
        headers, body = _asked(self._url, "GET", path, seconds=seconds, token="X-Consul-Token")  # noqa: S106  a header's name # nosec B106
        found = _read(lambda: [_of_consul(one) for one in body])
        told = headers.get("X-Consul-Index", "")
        seen = int(told) if told.isascii() and told.isdecimal() and len(told) < 20 else 0
        # One that goes back is of another state of Consul's: its documentation says to begin anew.
        self._index = seen if seen >= index else 0
        return found

    def _waiting(self) -> str:
        return f"index={self._index}&wait={WAIT_SECONDS}s" if self._index else ""


class Etcd:
    """The values of all keys in a folder: `etcd+http://127.0.0.1:2379/septet/files`.

    Each is an address such as `http://10.0.0.7:8000#west`, of a key such as `/septet/files/a`,
    which whoever writes it had better bind to a lease. By the JSON interface of etcd 3.4 on.
    """

    waits = False

    def __init__(self, text: str) -> None:
        self._url = urlsplit(text.removeprefix("etcd+"))

    def find(self) -> Sequence[Address]:
        folder = self._url.path.rstrip("/")
        wanted = {
            "key": _base64(f"{folder}/"),
            # The first that is behind all keys which begin like that.
            "range_end": _base64(f"{folder}0"),
            # Any member may answer, be it a little late: no look costs a round of the cluster.
            "serializable": True,
            "limit": MOST_PROCESSES,
        }
        _, body = _asked(
            self._url,
            "POST",
            "/v3/kv/range",
            seconds=ASK_SECONDS,
            token="Authorization",  # noqa: S106  a header's name # nosec B106
            body=orjson.dumps(wanted),
        )
        return _read(
            lambda: [
                Address.of(base64.b64decode(one["value"]).decode()) for one in body.get("kvs", ())
            ]
        )


def _asked(
    url: SplitResult, method: str, path: str, *, seconds: float, token: str, body: bytes = b""
) -> tuple[Any, Any]:
    """Return headers and JSON of an answer; raises DiscoveryError, which never tells the token."""
    headers = {token: settings.DISCOVERY_TOKEN} if settings.DISCOVERY_TOKEN else {}
    where = f"{url.scheme}://{url.netloc.rpartition('@')[2]}"
    timeout = urllib3.Timeout(total=seconds, connect=ASK_SECONDS)
    try:
        answer = outside().request(
            method, where + path, headers=headers, body=body or None, timeout=timeout,
            redirect=False, preload_content=False,
        )  # fmt: skip
        text = answer.read(MOST_BYTES + 1)
        (answer.close if len(text) > MOST_BYTES else answer.release_conn)()
    except urllib3.exceptions.HTTPError as error:
        raise DiscoveryError(f"{where} does not answer: {type(error).__name__}") from None
    if answer.status != 200 or len(text) > MOST_BYTES:
        told = answer.status if answer.status != 200 else "with too much"
        raise DiscoveryError(f"{where} answers {told}")
    return answer.headers, _read(lambda: orjson.loads(text))


def _read(read: Callable[[], T]) -> T:
    """Return what an answer holds; raises DiscoveryError for what is none."""
    try:
        return read()
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise DiscoveryError(f"what was answered makes no sense: {error}"[:200]) from None


def _of_consul(one: dict[str, Any]) -> Address:
    service, meta = one["Service"], one["Service"].get("Meta") or {}
    host = bracketed(service["Address"] or one["Node"]["Address"])
    zone = f"#{meta['zone']}" if meta.get("zone") else ""
    return Address.of(f"{meta.get('scheme', 'http')}://{host}:{int(service['Port'])}{zone}")


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
