"""Spans and log records as OpenTelemetry has them, sent over OTLP/HTTP; imported by who sends."""

import json
import os
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

# Of logs the SDK's names begin with a line; the lock file holds its version.
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk._logs.export import LogRecordExportResult
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)
from opentelemetry.util.re import parse_env_headers

from kernel.observability.log_records import Record
from kernel.observability.masking import mask
from kernel.observability.spool import Send
from kernel.observability.tracing import Span, Value

#: How long one batch is tried, repetitions included.
SEND_SECONDS = 5.0

#: Data model of logs of OpenTelemetry, "Severity Fields".
SEVERITIES = {
    "DEBUG": SeverityNumber.DEBUG,
    "INFO": SeverityNumber.INFO,
    "WARNING": SeverityNumber.WARN,
    "ERROR": SeverityNumber.ERROR,
    "CRITICAL": SeverityNumber.FATAL,
}
#: What spans say by another name, or the semantic conventions do.
_ATTRIBUTES = {
    "request_id": "septet.request_id",
    "tenant_id": "septet.tenant_id",
    "job_id": "septet.job.id",
    "exception": "exception.stacktrace",
}
_SCOPE = InstrumentationScope("septet")
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)


@dataclass(frozen=True, slots=True)
class Collector:
    """Where this process sends to, and what it says of itself.

    The endpoint is the one of all signals; certificates are set by the variables that the SDK
    knows, and what else is to be said of this process by OTEL_RESOURCE_ATTRIBUTES.
    """

    endpoint: str
    headers: str
    services: Sequence[str]
    version: str

    def of_spans(self) -> Send[Span]:
        """Return what sends spans there."""
        exporter = OTLPSpanExporter(**self._how("traces"))
        resource = self._resource()

        def send(spans: Sequence[Span]) -> bool:
            told = [readable(span, resource) for span in spans]
            return exporter.export(told) is SpanExportResult.SUCCESS

        return send

    def of_records(self) -> Send[Record]:
        """Return what sends log records there."""
        exporter = OTLPLogExporter(**self._how("logs"))
        resource = self._resource()

        def send(records: Sequence[Record]) -> bool:
            told = [readable_record(record, resource) for record in records]
            return exporter.export(told) is LogRecordExportResult.SUCCESS

        return send

    def _how(self, signal: str) -> dict[str, Any]:
        return {
            "endpoint": f"{self.endpoint.rstrip('/')}/v1/{signal}",
            "headers": parse_env_headers(self.headers, liberal=True),
            "timeout": SEND_SECONDS,
            "compression": Compression.Gzip,
        }

    def _resource(self) -> Resource:
        # Semantic conventions of OpenTelemetry, "Service" and "Process".
        one = len(self.services) == 1
        return Resource.create(
            {
                "service.namespace": "septet",
                "service.name": f"septet-{self.services[0]}" if one else "septet",
                "service.version": self.version,
                "service.instance.id": f"{socket.gethostname()}:{os.getpid()}",
                "process.pid": os.getpid(),
                "process.command": " ".join(sys.argv[1:2]),
            }
        )


def readable(span: Span, resource: Resource) -> ReadableSpan:
    """Return a span as the SDK has it."""
    failed: dict[str, Value] = {"error.type": span.failure} if span.failure else {}
    return ReadableSpan(
        name=mask(span.name, settings.LOG_ADDRESSES),
        context=_context(span.trace, span.id, is_remote=False),
        parent=_context(span.trace, span.parent, is_remote=True) if span.parent else None,
        resource=resource,
        attributes=_masked(span.attributes) | failed,
        links=[Link(_context(*one.split("-")[1:3], is_remote=True)) for one in span.links],
        kind=SpanKind[span.kind.upper()],
        status=Status(StatusCode.ERROR, span.failure) if failed else Status(),
        start_time=span.began_ns,
        end_time=span.ended_ns,
        instrumentation_scope=_SCOPE,
    )


def _masked(attributes: Mapping[str, Value]) -> dict[str, Value]:
    return {
        name: mask(value, settings.LOG_ADDRESSES) if isinstance(value, str) else value
        for name, value in attributes.items()
    }


def readable_record(record: Record, resource: Resource) -> ReadableLogRecord:
    """Return a log record as the SDK has it, masked as the line of JSON that says the same."""
    text = mask(record.text, settings.LOG_ADDRESSES)
    try:
        told: dict[str, Any] = json.loads(text)
    except ValueError:
        # What was masked was more than a value.
        told = {"message": text, "level": "ERROR", "logger": __name__}
    level, scope, body = (told.pop(name) for name in ("level", "logger", "message"))
    for name in ("time", "trace_id", "span_id"):
        told.pop(name, None)
    where = SpanContext(
        int(record.trace or "0", 16),
        int(record.span or "0", 16),
        is_remote=False,
        trace_flags=_SAMPLED if record.span else TraceFlags(),
    )
    return ReadableLogRecord(
        LogRecord(
            timestamp=record.at_ns,
            context=set_span_in_context(NonRecordingSpan(where), Context()),
            severity_text=level,
            severity_number=SEVERITIES.get(level, SeverityNumber.INFO),
            body=_value(body),
            attributes={_ATTRIBUTES.get(name, name): _value(told[name]) for name in told},
        ),
        resource,
        InstrumentationScope(scope),
    )


def _value(value: Any) -> Value:
    """Return what an attribute may hold; what JSON had hidden from the list is masked now."""
    if isinstance(value, bool | int | float):
        return value
    return mask(str(value), settings.LOG_ADDRESSES)


def _context(trace: str, span: str, *, is_remote: bool) -> SpanContext:
    return SpanContext(int(trace, 16), int(span, 16), is_remote, _SAMPLED)
