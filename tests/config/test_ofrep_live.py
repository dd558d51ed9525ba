"""OFREP by a real server: OpenFeature's own provider for Python, and streams of changes."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPResponse
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode
from prometheus_client import REGISTRY

from apps.config.models import Environment, EnvironmentKey, KeyKind
from apps.config.services import snapshots
from apps.config.services.environments import default
from apps.config.services.flags import update_flag
from apps.config.services.keys import revoke_environment_key
from apps.config.views.ofrep import EVENTS
from kernel.identity.models import Tenant
from kernel.identity.services import revoke_key
from kernel.testing.tenants import make_key
from tests.config.definitions import boolean, live, put
from tests.config.wire import BULK, bearer, key_of, server  # noqa: F401  a fixture

pytestmark = [pytest.mark.usefixtures("tenant"), pytest.mark.django_db(transaction=True)]

ANN = EvaluationContext("ann", {"plan": "pro"})


def of(variants: dict[str, Any], default_variant: str | None, **more: Any) -> str:
    flag = {"state": "ENABLED", "variants": variants, "defaultVariant": default_variant, **more}
    return json.dumps(flag)


@pytest.fixture
def client(server: str) -> Iterator[OpenFeatureClient]:  # noqa: F811
    """OpenFeature's client with the provider for OFREP."""
    key = key_of()
    api.set_provider(OFREPProvider(server, headers_factory=lambda: bearer(key)))
    yield api.get_client()
    api.clear_providers()


def test_openfeatures_provider_reads_every_type(client: OpenFeatureClient) -> None:
    live("switch", boolean("on"))
    live("colour", of({"blue": "#0057b7"}, "blue"))
    live("count", of({"few": 3}, "few"))
    live("ratio", of({"whole": 1.0, "half": 0.5}, "whole"))
    live("shape", of({"square": {"sides": 4, "names": ["a"]}}, "square"))

    switch = client.get_boolean_details("switch", False, ANN)
    assert (switch.value, switch.variant, switch.reason) == (True, "on", "STATIC")
    assert client.get_string_value("colour", "grey", ANN) == "#0057b7"
    assert client.get_integer_value("count", 0, ANN) == 3
    assert client.get_float_value("ratio", 0.0, ANN) == 1.0
    assert client.get_object_value("shape", {}, ANN) == {"sides": 4, "names": ["a"]}


def test_openfeatures_provider_gets_rules_defaults_and_errors(client: OpenFeatureClient) -> None:
    rule = {"if": [{"==": [{"var": "plan"}, "pro"]}, "on"]}
    live("targeted", boolean(targeting=rule))
    live("mine", of({"a": "x"}, None))
    live("a/b c-ü")

    targeted = client.get_boolean_details("targeted", False, ANN)
    assert (targeted.value, targeted.reason) == (True, "TARGETING_MATCH")
    assert client.get_boolean_value("targeted", True) is False
    mine = client.get_string_details("mine", "my default", ANN)
    assert (mine.value, mine.reason) == ("my default", "DEFAULT")
    assert client.get_boolean_details("a/b c-ü", True).value is False
    missing = client.get_boolean_details("missing", True, ANN)
    assert (missing.value, missing.error_code) == (True, ErrorCode.FLAG_NOT_FOUND)
    mismatch = client.get_string_details("targeted", "x", ANN)
    assert (mismatch.value, mismatch.error_code) == ("x", ErrorCode.TYPE_MISMATCH)


@contextmanager
def listening(url: str, address: str, **headers: str) -> Iterator[HTTPResponse]:
    """Open a stream."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    with closing(connection):
        connection.request("GET", address, headers=headers)
        response = connection.getresponse()
        assert response.status == 200
        yield response


def event(response: HTTPResponse) -> dict[str, Any]:
    """Return the next event, its id among its data."""
    found: dict[str, Any] = {}
    while line := response.readline():
        name, _, value = line.decode().strip().partition(": ")
        if name == "data":
            found |= json.loads(value)
        elif name == "id":
            found["id"] = value
        elif line == b"\n" and found:
            return found
    raise AssertionError("the stream has ended")


def bulk(url: str, key: str) -> dict[str, Any]:
    parts = urlsplit(url)
    with closing(HTTPConnection(parts.hostname or "", parts.port, timeout=10)) as connection:
        connection.request("POST", BULK, "{}", {"Content-Type": "application/json", **bearer(key)})
        found: dict[str, Any] = json.loads(connection.getresponse().read())
        return found


def test_a_stream_tells_of_each_change_within_half_a_second(server: str) -> None:  # noqa: F811
    flag = live("dark-mode")
    found = bulk(server, key_of())
    address = found["eventStreams"][0]["endpoint"]["requestUri"]
    environment = default().pk.hex

    with listening(server, address) as response:
        assert event(response)["id"] == f"{environment}-1"
        told, delays = [], []
        for turn in ("on", "off", "on"):
            put(flag, boolean(turn))
            started = time.monotonic()
            told.append(event(response))
            delays.append(time.monotonic() - started)

    assert [one["type"] for one in told] == ["refetchEvaluation"] * 3
    assert told[-1]["etag"] == f'"{environment}-4"'
    assert max(delays) < 0.5


def test_a_change_that_no_hint_has_told_of_is_found_by_looking(
    server: str,  # noqa: F811
    tenant: Tenant,
) -> None:
    live("dark-mode")
    address = bulk(server, key_of())["eventStreams"][0]["endpoint"]["requestUri"]

    with listening(server, address) as response:
        event(response)
        time.sleep(0.3)
        # With a hint it takes half a second: see test_push.
        Environment.objects.update(revision=7)
        started = time.monotonic()
        told = event(response)

    assert re.fullmatch("[0-9a-f]{32}-7", told["id"])
    assert time.monotonic() - started < 3


@pytest.mark.parametrize("of_api", [False, True])
@pytest.mark.parametrize("by_token", [False, True])
def test_a_stream_ends_soon_after_its_key_is_revoked(
    server: str,  # noqa: F811
    tenant: Tenant,
    of_api: bool,
    by_token: bool,
) -> None:
    live("dark-mode")
    api_key = make_key(tenant, "config:evaluate")
    secret = api_key.secret if of_api else key_of()
    other = key_of()
    found = bulk(server, secret)
    address = found["eventStreams"][0]["endpoint"]["requestUri"]
    path = address if by_token else EVENTS
    headers = {} if by_token else bearer(secret)

    with (
        listening(server, path, **headers) as response,
        listening(server, EVENTS, **bearer(other)) as goes_on,
    ):
        event(response)
        event(goes_on)
        if of_api:
            revoke_key(key_id=api_key.key.pk)
        else:
            revoke_environment_key(id=str(EnvironmentKey.objects.earliest("created_at").pk))
        started = time.monotonic()
        rest = response.read()
        took = time.monotonic() - started
        live("another")
        told = event(goes_on)

    assert b"data:" not in rest
    assert took < 5
    assert told["type"] == "refetchEvaluation"
    with pytest.raises(AssertionError), listening(server, path, **headers):
        pass


def test_who_comes_again_is_told_what_it_missed_and_nothing_twice(server: str) -> None:  # noqa: F811
    flag = live("dark-mode")
    address = bulk(server, key_of())["eventStreams"][0]["endpoint"]["requestUri"]
    with listening(server, address) as response:
        seen = event(response)["id"]
    put(flag, boolean("on"))

    with listening(server, address, **{"Last-Event-ID": seen}) as response:
        assert event(response)["id"].endswith("-2")
        put(flag, boolean("off"))
        assert event(response)["id"].endswith("-3")


@pytest.mark.parametrize(
    ("kind", "key", "body", "quick"),
    [
        (KeyKind.SERVER, "dark-mode", b'{"context": {"targetingKey": "ann"}}', True),
        (KeyKind.SERVER, "a/b%20c", b"{}", True),
        (KeyKind.SERVER, "missing", b"{}", True),
        (KeyKind.CLIENT, "dark-mode", b"{}", True),
        (KeyKind.CLIENT, "a/b%20c", b"{}", True),
        (KeyKind.SERVER, "dark-mode", b"{", False),
    ],
)
def test_what_is_answered_before_django_is_what_django_answers(
    server: str,  # noqa: F811
    kind: KeyKind,
    key: str,
    body: bytes,
    quick: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    flag = live("dark-mode")
    live("a/b c")
    update_flag(id=str(flag.pk), client_visible=True)
    headers = {"Content-Type": "application/json", **bearer(key_of(kind))}
    expected = Client().post(
        f"{BULK}/{key}", body, content_type="application/json", headers=headers
    )
    before = _answered()

    parts = urlsplit(server)
    # What is in memory stays so, however long the machine takes to come to the question.
    monkeypatch.setattr(snapshots, "CHECK_SECONDS", 60.0)
    with closing(HTTPConnection(parts.hostname or "", parts.port, timeout=10)) as connection:
        connection.request("POST", f"{BULK}/{key}", body, headers)
        response = connection.getresponse()
        content = response.read()

    assert (response.status, content) == (expected.status_code, expected.content)
    for name in ("Cache-Control", "X-Septet-Revision", "Access-Control-Allow-Origin"):
        assert response.headers.get(name) == expected.headers.get(name)
    # Only what does not come to Django has no id of a request.
    assert ("X-Request-Id" not in response.headers) is quick
    assert _answered() == before + 1


def _answered() -> float:
    name = "django_http_requests_total_by_view_transport_method_total"
    labels = {"view": "ofrep-single", "transport": "http", "method": "POST"}
    return REGISTRY.get_sample_value(name, labels) or 0.0
