"""What a process tells as its settings have it: spans, logs, slow statements. Begun once."""

import logging
from typing import TYPE_CHECKING

from django.conf import settings

from kernel.observability import tracing
from kernel.observability.log_records import Record, RecordHandler
from kernel.observability.logging import Repeats
from kernel.observability.metrics import LOG_RECORDS, SPANS
from kernel.observability.spool import Send, Spool
from kernel.observability.statements import watch_statements
from kernel.observability.tracing import Span

if TYPE_CHECKING:
    from kernel.observability.otlp import Collector


def begin(version: str) -> None:
    """Send spans and logs where OTEL_EXPORTER_OTLP_ENDPOINT says, and watch statements."""

    def collector() -> "Collector":
        # Half a second, and some 20 MB: for those alone who send something.
        from kernel.observability.otlp import Collector  # noqa: PLC0415

        return Collector(
            settings.OTEL_EXPORTER_OTLP_ENDPOINT,
            settings.OTEL_EXPORTER_OTLP_HEADERS,
            settings.SERVICES,
            version,
        )

    def of_spans() -> Send[Span]:
        return collector().of_spans()

    def of_records() -> Send[Record]:
        return collector().of_records()

    if settings.OTEL_EXPORTER_OTLP_ENDPOINT:
        tracing.send_to(Spool("spans", SPANS, of_spans), share=settings.TRACE_SHARE)
        if settings.OTEL_LOGS_EXPORTER == "otlp":
            handler = RecordHandler(Spool("log records", LOG_RECORDS, of_records))
            handler.addFilter(Repeats(settings.LOG_REPEATS))
            logging.getLogger().addHandler(handler)
    watch_statements()
