"""The lane for programs answers what Django would, with the same headers, log line and metrics."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from prometheus_client import REGISTRY

from kernel.identity.models import Tenant
from kernel.serving.lane import Lane
from kernel.testing.tenants import make_key
from project.graph import composed_graphql
from project.wsgi import application, django


@pytest.fixture(autouse=True)
def _connections_stay_open(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    # Both ways close what is no longer of use, and the test's own transaction looks like that.
    monkeypatch.setattr("kernel.serving.lane.close_old_connections", lambda: None)
    signals = request_started, request_finished
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


ONE = b'{"query": "{ __typename files { nodes { name } } }"}'

#: What is sent, over what a program sends as a rule.
REQUESTS: dict[str, dict[str, Any]] = {
    "a query": {},
    "for one service": {"PATH_INFO": "/files/graphql"},
    "in the newer media type": {"HTTP_ACCEPT": "application/graphql-response+json"},
    "in no media type of ours": {"HTTP_ACCEPT": "text/html"},
    "with a wrong key": {"HTTP_AUTHORIZATION": "Bearer nothing"},
    "with a wrong service token": {"HTTP_AUTHORIZATION": "Service nothing"},
    "no JSON": {"body": b"{"},
    "no query": {"body": b"{}"},
    "an unknown field": {"body": b'{"query": "{ nothing }"}'},
    "an error in a field": {"body": b'{"query": "{ file(id: \\"1\\") { id } }"}'},
    "a form": {"CONTENT_TYPE": "application/x-www-form-urlencoded"},
    "in another charset": {"CONTENT_TYPE": "application/json; charset=latin-1"},
    "shorter than told": {"CONTENT_LENGTH": str(len(ONE) + 10)},
    "longer than we read": {"body": b" " * 1_000_001},
    "a query by GET": {"REQUEST_METHOD": "GET", "QUERY_STRING": "query={__typename}"},
    "by an unknown method": {"REQUEST_METHOD": "PUT"},
    "to another host": {"HTTP_HOST": "elsewhere.example"},
    "to no host": {"HTTP_HOST": ""},
    "with ids of its own": {
        "HTTP_X_REQUEST_ID": "mine",
        "HTTP_TRACEPARENT": f"00-{'1' * 32}-{'2' * 16}-01",
    },
    "with a trace wanted": {"HTTP_APOLLO_FEDERATION_INCLUDE_TRACE": "ftv1"},
}


def ask(send_to: Any, secret: str, body: bytes = ONE, **other: Any) -> tuple[str, Any, Any]:
    """Return the status, the headers and the body of the answer."""
    environ = {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/graphql",
        "QUERY_STRING": "",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost",
        "HTTP_AUTHORIZATION": f"Bearer {secret}",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        **other,
    }
    told: list[Any] = []
    chunks = send_to(environ, lambda status, headers, _info=None: told.extend((status, headers)))
    answer = json.loads(b"".join(chunks))
    if hasattr(chunks, "close"):
        chunks.close()
    return told[0], dict(told[1]), answer


def comparable(answer: tuple[str, Any, Any]) -> tuple[int, dict[str, str], Any]:
    """Return an answer without what differs from one request to the next."""
    status, headers, body = answer
    differing = {"Server-Timing", "X-Request-Id", "Content-Length", "RateLimit"}
    for error in body.get("errors", ()):
        error["extensions"].pop("id", None)
    body.pop("extensions", None)
    kept = {name: value for name, value in headers.items() if name not in differing}
    return int(status.split()[0]), kept, body


def count(kind: str, view: str = "graphql") -> dict[str, float]:
    """Return what the metrics say of the POSTs of a view."""
    return {
        f"{sample.name} {sorted(sample.labels.items())}": sample.value
        for metric in REGISTRY.collect()
        for sample in metric.samples
        if sample.name.startswith(kind)
        and not sample.name.endswith(("_created", "_sum", "_bucket"))
        and sample.labels.get("view", view) == view
    }


@pytest.mark.parametrize("sent", REQUESTS.values(), ids=REQUESTS)
def test_the_answer_is_djangos(sent: dict[str, Any], tenant: Tenant) -> None:
    secret = make_key(tenant, "files:read").secret

    by_lane, by_django = (ask(one, secret, **sent) for one in (application, django))

    assert comparable(by_lane) == comparable(by_django)
    assert ("Server-Timing" in by_lane[1]) == ("Server-Timing" in by_django[1])
    if "HTTP_X_REQUEST_ID" in sent:
        assert by_lane[1]["X-Request-Id"] == by_django[1]["X-Request-Id"] == "mine"


def test_an_unexpected_failure_is_masked_as_by_django(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: Any) -> None:
        raise KeyError("a secret")

    monkeypatch.setattr("kernel.federation.view.read_request", fail)
    secret = make_key(tenant).secret

    by_lane, by_django = (comparable(ask(one, secret)) for one in (application, django))

    assert by_lane == by_django
    assert (by_lane[0], by_lane[2]["errors"][0]["extensions"]) == (500, {"code": "INTERNAL"})
    assert "a secret" not in str(by_lane)


@pytest.mark.parametrize("proto", ["https", "http", ""])
def test_behind_a_proxy_with_tls_the_answer_is_djangos_too(
    tenant: Tenant, settings: Any, proto: str
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS = 60
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    replies = {"/graphql": ("graphql", composed_graphql().reply)}
    lane, secret = Lane(WSGIHandler(), replies), make_key(tenant, "files:read").secret

    by_lane, by_django = (
        comparable(ask(one, secret, HTTP_X_FORWARDED_PROTO=proto)) for one in (lane, WSGIHandler())
    )

    assert by_lane == by_django
    assert by_lane[0] == 200
    told = by_lane[1].get("Strict-Transport-Security")
    assert told == ("max-age=60; includeSubDomains" if proto == "https" else None)


def test_it_is_taken_only_with_a_credential(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached: list[str] = []
    lane: Any = application

    def pass_on(*_arguments: Any) -> list[bytes]:
        reached.append("django")
        return [b"{}"]

    def start(*_arguments: Any) -> None:
        reached.append("lane")

    monkeypatch.setattr(lane, "_django", pass_on)
    secret = make_key(tenant).secret
    body = {"wsgi.input": io.BytesIO(ONE), "CONTENT_LENGTH": str(len(ONE))}
    program = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/graphql",
        "HTTP_HOST": "localhost",
        "HTTP_AUTHORIZATION": f"Bearer {secret}",
        "CONTENT_TYPE": "application/json",
        **body,
    }
    lane(program, start)
    lane({name: program[name] for name in program if name != "HTTP_AUTHORIZATION"}, start)
    lane(program | {"PATH_INFO": "/"}, start)

    assert reached == ["lane", "django", "django"]


def test_the_log_and_the_metrics_tell_it_as_django_does(
    tenant: Tenant, caplog: pytest.LogCaptureFixture
) -> None:
    secret = make_key(tenant, "files:read").secret
    told: dict[str, tuple[Any, Any]] = {}

    def observed(send_to: Callable[..., Any]) -> tuple[Any, Any]:
        kinds = ("django_http_requests", "django_http_responses")
        before = {kind: count(kind) for kind in kinds}
        caplog.clear()
        with caplog.at_level(logging.INFO, "septet.request"):
            ask(send_to, secret)
        grown = {
            name: value - before[kind].get(name, 0)
            for kind in kinds
            for name, value in count(kind).items()
            if value != before[kind].get(name, 0)
        }
        return [record.getMessage() for record in caplog.records], grown

    told["django"] = observed(django)
    told["lane"] = observed(application)

    assert told["lane"][0] == told["django"][0] == ["POST /graphql 200"]
    assert told["lane"][1].items() <= told["django"][1].items()
    # Sizes and character sets, which are always alike, are not counted.
    assert {name.split()[0] for name in told["django"][1].keys() - told["lane"][1].keys()} == {
        "django_http_requests_total_by_transport_total",
        "django_http_requests_body_total_bytes_count",
        "django_http_responses_body_total_bytes_count",
        "django_http_responses_total_by_charset_total",
    }
