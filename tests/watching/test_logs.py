"""A real receiver of OTLP: what a process logs comes with its trace, and as its spans do."""

import json
import os
import subprocess
import sys
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.devservices.fixtures import Servers

pytestmark = pytest.mark.live

ROOT = Path(settings.BASE_DIR)
PATIENCE_SECONDS = 300
SPANS, RECORDS = "trace_spans_total", "log_records_total"
SAYS = """
import logging, sys, time
import django
django.setup()
from prometheus_client import REGISTRY
from kernel.observability.context import request_ids
from kernel.observability.tracing import span
with request_ids("asked", f"00-{sys.argv[1]}-00f067aa0ba902b7-01"), span("says"):
    told = {"password": "hunter2", "count": 2}
    logging.getLogger("tests.said").warning("no mailbox anna@example.org", extra=told)
# A process that ends waits for two seconds, in which a busy machine may do nothing.
for name in sys.argv[2:]:
    while not REGISTRY.get_sample_value(name, {"outcome": "sent"}):
        time.sleep(0.05)
"""


def said(
    trace: str, counts: tuple[str, ...], servers: Servers, folder: Path, **more: str
) -> dict[str, list[Any]]:
    """Let a process say something in a trace; return what came of it, by what it is."""
    told = servers.up("otel")
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}",
        "DJANGO_SETTINGS_MODULE": "project.settings",
        "DATA_DIR": str(folder),
        "OTEL_EXPORTER_OTLP_ENDPOINT": told["OTEL_EXPORTER_OTLP_ENDPOINT"],
        "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=tests",
        **more,
    }
    done = subprocess.run(
        [sys.executable, "-c", SAYS, trace, *counts],
        timeout=PATIENCE_SECONDS,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    # It is written there in any case.
    assert "no mailbox ***@example.org" in done.stderr
    found: dict[str, list[Any]] = {"resourceSpans": [], "resourceLogs": []}
    for line in Path(told["OTLP_SINK_FILE"]).read_text().splitlines():
        for kind, some in json.loads(line)["batch"].items():
            found[kind] += [one for one in some if trace in json.dumps(_with_digits(one))]
    return found


def _with_digits(value: Any) -> Any:
    """Return JSON of protobuf with ids in digits, as headers have them."""
    if isinstance(value, dict):
        return {
            name: b64decode(one).hex() if name in {"traceId", "spanId"} else _with_digits(one)
            for name, one in value.items()
        }
    return [_with_digits(one) for one in value] if isinstance(value, list) else value


def test_a_line_comes_with_its_trace_its_span_and_the_resource_of_both(
    servers: Servers, tmp_path: Path
) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"

    found = said(trace, (SPANS, RECORDS), servers, tmp_path)

    (of_span,), (of_line,) = found["resourceSpans"], found["resourceLogs"]
    assert of_line["resource"] == of_span["resource"]
    assert "deployment.environment.name" in json.dumps(of_line["resource"])
    (span,) = of_span["scopeSpans"][0]["spans"]
    (line,) = of_line["scopeLogs"][0]["logRecords"]
    assert of_line["scopeLogs"][0]["scope"]["name"] == "tests.said"
    assert (line["traceId"], line["spanId"]) == (span["traceId"], span["spanId"])
    assert line["body"] == {"stringValue": "no mailbox ***@example.org"}
    assert line["severityText"] == "WARNING"
    assert line["severityNumber"] == "SEVERITY_NUMBER_WARN"
    assert {one["key"]: one["value"] for one in line["attributes"]} == {
        "septet.request_id": {"stringValue": "asked"},
        "password": {"stringValue": "***"},
        "count": {"intValue": "2"},
    }


def test_lines_do_not_come_where_something_else_collects_them(
    servers: Servers, tmp_path: Path
) -> None:
    trace = "5bf92f3577b34da6a3ce929d0e0e4736"

    found = said(trace, (SPANS,), servers, tmp_path, OTEL_LOGS_EXPORTER="none")

    assert len(found["resourceSpans"]) == 1
    assert found["resourceLogs"] == []
