"""A real receiver of OTLP: what one person sets off is one trace, over processes and brokers."""

import json
import os
import re
import secrets
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from kernel.services import BY_NAME
from kernel.testing.processes import running, wait_for_line
from tests.devservices.fixtures import Servers
from tests.gateway.stack import free_ports

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(set(settings.SERVICES) != set(BY_NAME), reason="runs where all are"),
]

ROOT = Path(settings.BASE_DIR)
#: The span of the gateway, which has kept the trace.
GATEWAY = "00f067aa0ba902b7"
PATIENCE_SECONDS = 300

PREPARE = """mutation {
  a: createSubscriber(input: {key: "ada", email: "ada@example.com", emailVerified: true}) {
    error { message } }
  b: createNotificationTemplate(input: {name: "made",
    texts: {email: {en: {subject: "A folder", body: "There is one."}}}}) { error { message } }
  c: createNotificationWorkflow(input: {name: "made",
    rules: [{event: "files.folder.created.v1", subscribers: ["data.name"]}],
    steps: [{do: "send", channel: "email", template: "made"}]}) { error { message } }
}"""
ACT = 'mutation MakeFolder { createFolder(input: {name: "ada"}) { error { message } } }'
ATTACH = """mutation Attach($id: ID!) { createNotification(input: {recipient: "bob@example.com",
  channel: EMAIL, subject: "Attached", attachmentIds: [$id]}) { error { message } } }"""
A_FILE = "{ files(first: 20) { nodes { id state } } }"


@dataclass(frozen=True, slots=True)
class Platform:
    """Two services in processes of their own, with what carries what they say."""

    ports: dict[str, int]
    key: str
    spans_file: Path
    mails: Path

    def ask(self, service: str, query: str, trace: str = "", **variables: Any) -> dict[str, Any]:
        """Ask a service as a gateway does that has begun a trace, or as one that keeps none."""
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.key}"}
        if trace:
            headers["traceparent"] = f"00-{trace}-{GATEWAY}-01"
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.ports[service]}/{service}/graphql",
            json.dumps({"query": query, "variables": variables}).encode(),
            headers,
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            told: dict[str, Any] = json.load(response)
        assert "errors" not in told, told
        assert not [one for one in told["data"].values() if one.get("error")], told
        data: dict[str, Any] = told["data"]
        return data

    def spans(self, trace: str) -> dict[str, dict[str, Any]]:
        """Return what the receiver has of a trace, by the ids of spans."""
        found = {}
        for line in self.spans_file.read_text().splitlines():
            for process in json.loads(line)["batch"].get("resourceSpans", ()):
                told = {one["key"]: one["value"] for one in process["resource"]["attributes"]}
                for one in process["scopeSpans"][0]["spans"]:
                    if hex_of(one["traceId"]) == trace:
                        one["service"] = told["service.name"]["stringValue"]
                        found[hex_of(one["spanId"])] = one
        return found


def hex_of(text: str) -> str:
    """Return bytes as JSON of protobuf has them in the digits that headers have."""
    import base64  # noqa: PLC0415

    return base64.b64decode(text).hex()


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory, servers: Servers) -> Iterator[Platform]:
    told = servers.up("kafka", "smtp", "otel")
    ports = dict(zip(("files", "notifications"), free_ports(2), strict=True))
    environment = {
        "PATH": os.environ["PATH"],
        "DATA_DIR": str(tmp_path_factory.mktemp("data")),
        "PYTHONUNBUFFERED": "1",
        # Nobody reads on.
        "LOG_LEVEL": "ERROR",
        "SERVICE_URLS": ",".join(f"{n}=http://127.0.0.1:{port}" for n, port in ports.items()),
        "KAFKA_BOOTSTRAP_SERVERS": told["KAFKA_BOOTSTRAP_SERVERS"],
        "KAFKA_PREFIX": f"t{secrets.token_hex(4)}-",
        "EMAIL_URL": f"smtp://{told['EMAIL_HOST']}:{told['EMAIL_PORT']}",
        "OTEL_EXPORTER_OTLP_ENDPOINT": told["OTEL_EXPORTER_OTLP_ENDPOINT"],
        # The caller says what is kept.
        "TRACE_SHARE": "0",
    }
    with ExitStack() as stack:
        said = ""
        for service, port in ports.items():
            process = stack.enter_context(
                running(
                    [sys.executable, "manage.py", "dev"],
                    cwd=ROOT,
                    env=environment | {"SERVICES": service, "PORT": str(port)},
                )
            )
            said += "".join(wait_for_line(process, r"Septet is at "))
        made = Platform(
            ports=ports,
            key=re.findall(r"septet_\w+", said)[0],
            spans_file=Path(told["OTLP_SINK_FILE"]),
            mails=Path(told["SMTP_MAILDIR"]),
        )
        made.ask("notifications", PREPARE)
        yield made


def until(true: Callable[[], object], told: Callable[[], object]) -> None:
    """Ask again and again, for other processes have to do something first."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < end, told()
        time.sleep(0.2)


def named(spans: dict[str, dict[str, Any]]) -> set[tuple[str, str]]:
    return {(one["service"].removeprefix("septet-"), one["name"]) for one in spans.values()}


def astray(spans: dict[str, dict[str, Any]]) -> list[str]:
    """Return the spans whose parents nobody has told of; the gateway tells of its own."""
    return [
        one["name"]
        for one in spans.values()
        if hex_of(one.get("parentSpanId", "")) not in {*spans, GATEWAY}
    ]


def test_an_action_is_one_trace_over_two_services_kafka_and_jobs_to_the_mail(
    platform: Platform,
) -> None:
    trace = secrets.token_hex(16)
    wanted = {
        ("files", "POST /files/graphql"),
        ("files", "graphql mutation MakeFolder"),
        ("files", "publish files.folder.created.v1"),
        ("notifications", "handle files.folder.created.v1"),
        ("notifications", "job notifications.send"),
        ("notifications", "send email"),
    }

    platform.ask("files", ACT, trace)

    def spans() -> dict[str, dict[str, Any]]:
        return platform.spans(trace)

    until(lambda: wanted <= named(spans()), lambda: sorted(named(spans())))
    until(lambda: not astray(spans()), lambda: astray(spans()))
    assert any("ada@example.com" in mail.read_text() for mail in platform.mails.rglob("*.*"))


def test_a_call_from_service_to_service_is_in_the_trace_of_who_asked_for_it(
    platform: Platform,
) -> None:
    trace = secrets.token_hex(16)

    def clean() -> list[str]:
        nodes = platform.ask("files", A_FILE)["files"]["nodes"]
        return [one["id"] for one in nodes if one["state"] == "CLEAN"]

    until(clean, lambda: "no file is clean")

    platform.ask("notifications", ATTACH, trace, id=clean()[0])

    def served() -> list[dict[str, Any]]:
        spans = platform.spans(trace)
        return [
            one
            for one in spans.values()
            if one["service"] == "septet-files"
            and spans.get(hex_of(one["parentSpanId"]), {}).get("service") == "septet-notifications"
        ]

    until(served, lambda: sorted(named(platform.spans(trace))))
    until(lambda: not astray(platform.spans(trace)), lambda: astray(platform.spans(trace)))


def test_what_nobody_keeps_is_not_told(platform: Platform) -> None:
    kept, left = secrets.token_hex(16), secrets.token_hex(16)
    request = urllib.request.Request(
        f"http://127.0.0.1:{platform.ports['files']}/files/graphql",
        json.dumps({"query": A_FILE}).encode(),
        {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {platform.key}",
            "traceparent": f"00-{left}-{GATEWAY}-00",
        },
    )
    urllib.request.urlopen(request, timeout=60).close()
    platform.ask("files", A_FILE, kept)

    # They are told in their order.
    until(lambda: platform.spans(kept), lambda: "the kept one does not come")
    assert platform.spans(left) == {}
