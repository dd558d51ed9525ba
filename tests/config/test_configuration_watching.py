"""Waiting for other values, over the real server: by long poll and by stream."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPResponse
from itertools import count
from threading import Thread
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import pytest

from apps.config.domain.configuration.layering import Layer
from apps.config.selectors.places import Place, place_at
from apps.config.services.configurations import create_configuration
from apps.config.services.values import Saying, say
from apps.config.services.watching import Watch, change_event, topic_of
from kernel.identity.models import Tenant
from kernel.serving.broadcast import Broadcaster
from kernel.testing.embedded import Embedded, embedded
from kernel.testing.tenants import make_tenant

_names = count()


class Config:
    """The config app of a platform that runs beside the test."""

    def __init__(self, platform: Embedded) -> None:
        self._host = urlsplit(platform.url).netloc
        self._headers = {"Authorization": f"Bearer {platform.key}"}

    @contextmanager
    def asked(
        self, path: str, verb: str = "GET", body: Any = None, **headers: str
    ) -> Iterator[HTTPResponse]:
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        sent = None if body is None else json.dumps(body)
        with closing(HTTPConnection(self._host, timeout=30)) as client:
            client.request(verb, path, sent, self._headers | {"X-A": "b"} | named)
            yield client.getresponse()

    def made(self) -> str:
        """Make a configuration of its own; return its key."""
        key = f"watched-{next(_names)}"
        text = f'mutation {{ createConfiguration(input: {{key: "{key}", type: INTEGER}})'
        body = {"query": f"{text} {{ error {{ code }} }} }}"}
        with self.asked("/graphql", "POST", body, Content_Type="application/json") as response:
            assert json.load(response)["data"]["createConfiguration"]["error"] is None
        return key

    def says(self, key: str, value: int) -> int:
        """Say a value; return the revision."""
        with self.asked(f"/config/api/values/production/{key}", "PUT", value) as response:
            assert response.status == 204, response.read()
            return int(response.headers["Septet-Revision"])

    def waits(self, after: int, seconds: int = 20) -> tuple[int, int, Any]:
        """Wait for what is newer; return the status, the revision and the values."""
        path = f"/config/api/values/production?after={after}&wait={seconds}"
        with self.asked(path) as response:
            body = response.read()
            revision = int(response.headers["Septet-Revision"])
            return response.status, revision, json.loads(body) if body else None


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Config]:
    """One platform for all tests of this module; each has keys of its own."""
    settings = {"RATE_LIMIT_CREDENTIAL": "0", "RATE_LIMIT_TENANT": "0", "WEB_THREADS": "2"}
    with embedded(tmp_path_factory.mktemp("data"), settings) as platform:
        yield Config(platform)


def beside(act: Callable[..., Any], *arguments: Any) -> Thread:
    thread = Thread(target=act, args=arguments)
    thread.start()
    return thread


def next_event(stream: HTTPResponse) -> Any:
    while not (line := stream.readline()).startswith(b"data: "):
        assert line
    return json.loads(line.removeprefix(b"data: "))


def test_those_who_wait_hold_no_thread_and_are_told_at_once(config: Config) -> None:
    key = config.made()
    before = config.says(key, 1)
    answers: list[tuple[float, int, Any]] = []

    def wait() -> None:
        status, _, values = config.waits(before)
        answers.append((monotonic(), status, values[key]))

    # The server has two threads.
    threads = [beside(wait) for _ in range(8)]
    with config.asked("/metrics") as response:
        listeners = response.read()
    while b'septet_stream_listeners{stream="config-values"} 8.0' not in listeners:
        with config.asked("/metrics") as response:
            listeners = response.read()
    config.says(key, 2)
    said = monotonic()
    for thread in threads:
        thread.join()

    assert [found[1:] for found in answers] == [(200, 2)] * 8
    assert max(at for at, *_ in answers) - said < 5


def test_without_news_the_answer_says_so_in_time(config: Config) -> None:
    revision = config.says(config.made(), 1)
    begun = monotonic()

    assert config.waits(revision, 1) == (304, revision, None)
    assert 0.9 < monotonic() - begun < 5
    assert config.waits(revision - 1)[:2] == (200, revision)


def test_a_stream_tells_each_revision_from_where_it_was_heard(config: Config) -> None:
    key = config.made()
    first = config.says(key, 1)

    with config.asked("/config/api/changes/production", Last_Event_ID="0") as stream:
        assert stream.headers["Content-Type"] == "text/event-stream"
        assert next_event(stream) == {"revision": first}
        second = config.says(key, 2)
        assert next_event(stream) == {"revision": second}
    third = config.says(key, 3)
    with config.asked(f"/config/api/changes/production?after={second}") as stream:
        assert next_event(stream) == {"revision": third}


def test_no_change_of_concurrent_writers_is_missed(config: Config) -> None:
    keys = [config.made() for _ in range(4)]
    known = config.says(config.made(), 0)
    first, last = known, known + 100
    seen: list[tuple[int, int]] = []

    def write(key: str) -> None:
        for number in range(1, 26):
            config.says(key, number)

    threads = [beside(write, key) for key in keys]
    while known < last:
        status, known, values = config.waits(known)
        assert status == 200
        seen.append((known, sum(values.get(key, 0) for key in keys)))
    for thread in threads:
        thread.join()

    # Whatever was said up to a revision is there at that revision: each raises the sum by one.
    assert [said >= revision - first for revision, said in seen] == [True] * len(seen)
    assert [revision for revision, _ in seen] == sorted({revision for revision, _ in seen})
    assert seen[-1] == (last, 100)


def test_what_is_refused_is_answered_at_once(config: Config) -> None:
    for path in (
        "/config/api/values/production?after=0&wait=x",
        "/config/api/changes/production?after=x",
        "/config/api/changes/UPPER",
    ):
        with config.asked(path) as response:
            assert response.status == 400
    with config.asked("/config/api/changes/production", Authorization="Bearer none") as response:
        assert response.status == 401


def test_a_change_of_the_installation_concerns_every_tenant(tenant: Tenant) -> None:
    watch = Watch(source := Broadcaster())
    other = make_tenant()
    ours, staging = Place(tenant.pk, "production"), Place(tenant.pk, "staging")
    theirs = Place(other.pk, "production")
    topics = {place: watch.seen(place, 0) for place in (ours, staging, theirs)}

    found = {
        name: sorted(watch.waited_for(place))
        for name, place in {
            "global": place_at(Layer.GLOBAL),
            "environment": place_at(Layer.ENVIRONMENT, "production"),
            "tenant": ours,
            "service": Place(tenant.pk, "production", "billing"),
        }.items()
    }

    assert found == {
        "global": sorted(topics.values()),
        "environment": sorted([topics[ours], topics[theirs]]),
        "tenant": [topics[ours]],
        "service": [topics[ours]],
    }
    assert source.topics() == set()


def test_a_look_tells_what_another_process_has_said(tenant: Tenant) -> None:
    told = []
    source = Broadcaster()
    source.publish = lambda *event: told.append(event)  # type: ignore[method-assign]
    watch, place = Watch(source), Place(tenant.pk, "production")
    create_configuration(key="a", type="integer")
    topic = watch.seen(place, 0)

    watch([topic])
    say(place, [Saying(key="a", value="1")])
    for _ in range(2):
        watch([topic])

    assert topic == topic_of(place)
    assert told == [(topic, change_event(1))]
