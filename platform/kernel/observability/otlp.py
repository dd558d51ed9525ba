"""Spans as OpenTelemetry has them, sent over OTLP/HTTP. Imported by who sends the first."""

import os
import socket
import sys
from collections.abc import Mapping, Sequence

from django.conf import settings
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags
from opentelemetry.util.re import parse_env_headers

from kernel.observability.masking import mask
from kernel.observability.spool import Send
from kernel.observability.tracing import Span, Value

#: How long one batch is tried, repetitions included.
SEND_SECONDS = 5.0

_SCOPE = InstrumentationScope("septet")
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)


def sender(endpoint: str, headers: str, services: Sequence[str], version: str) -> Send:
    """Return what sends spans of this process there.

    The endpoint is the one of all signals; certificates are set by the variables that the SDK
    knows, and what else is to be said of this process by OTEL_RESOURCE_ATTRIBUTES.
    """
    exporter = OTLPSpanExporter(
        f"{endpoint.rstrip('/')}/v1/traces",
        headers=parse_env_headers(headers, liberal=True),
        timeout=SEND_SECONDS,
        compression=Compression.Gzip,
    )
    resource = _resource(services, version)

    def send(spans: Sequence[Span]) -> bool:
        told = [readable(span, resource) for span in spans]
        return exporter.export(told) is SpanExportResult.SUCCESS

    return send


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


def _resource(services: Sequence[str], version: str) -> Resource:
    # Semantic conventions of OpenTelemetry, "Service" and "Process".
    return Resource.create(
        {
            "service.namespace": "septet",
            "service.name": f"septet-{services[0]}" if len(services) == 1 else "septet",
            "service.version": version,
            "service.instance.id": f"{socket.gethostname()}:{os.getpid()}",
            "process.pid": os.getpid(),
            "process.command": " ".join(sys.argv[1:2]),
        }
    )


def _context(trace: str, span: str, *, is_remote: bool) -> SpanContext:
    return SpanContext(int(trace, 16), int(span, 16), is_remote, _SAMPLED)
