"""What a process tells as its settings have it: spans, slow statements. Begun once, at start."""

from collections.abc import Sequence

from django.conf import settings

from kernel.observability import tracing
from kernel.observability.spool import Send, Spool
from kernel.observability.statements import watch_statements


def begin(version: str) -> None:
    """Send spans where OTEL_EXPORTER_OTLP_ENDPOINT says, and watch statements."""
    endpoint = settings.OTEL_EXPORTER_OTLP_ENDPOINT
    services: Sequence[str] = settings.SERVICES

    def make_send() -> Send:
        # Half a second, and some 20 MB: for those alone who send something.
        from kernel.observability.otlp import sender  # noqa: PLC0415

        return sender(endpoint, settings.OTEL_EXPORTER_OTLP_HEADERS, services, version)

    if endpoint:
        tracing.send_to(Spool(make_send), share=settings.TRACE_SHARE)
    watch_statements()
