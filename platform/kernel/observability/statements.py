"""Statements that take long, in the log; and those of traces that are kept, as spans.

Of a statement its text is told, never its values.
"""

import logging
import re
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from kernel.observability.context import current_ids
from kernel.observability.tracing import AnySpan, span, traces

logger = logging.getLogger("septet.statement")

#: What is told of a statement at most.
MOST_CHARACTERS = 1_000
_SPACES = re.compile(r"\s+")
#: Texts and numbers that are written into a statement, the one too that is cut off at the end.
_LITERALS = re.compile(r"'(?:[^']|'')*(?:'|$)|\b\d+(?:\.\d+)?\b")
#: What a list of places is short for.
_PLACES = re.compile(r"(%s(?:::\w+(?:\[\])?)?)(?:, ?%s(?:::\w+(?:\[\])?)?){2,}")


def watch_statements() -> None:
    """Watch the statements of connections that are opened from now on, if any is to be told."""
    slow = settings.LOG_SLOW_STATEMENTS.total_seconds()
    spans = settings.TRACE_STATEMENTS and traces()
    if slow or spans:
        watch = Watch(slow_seconds=slow, spans=spans)
        connection_created.connect(watch.begin, weak=False, dispatch_uid=__name__)


def shape_of(sql: object) -> str:
    """Return the text of a statement without values, in one line."""
    text = _SPACES.sub(" ", str(sql)).strip()[: 4 * MOST_CHARACTERS]
    return _PLACES.sub(r"\1, …", _LITERALS.sub("?", text))[:MOST_CHARACTERS]


class Watch:
    """Stands around every statement of a connection."""

    def __init__(self, *, slow_seconds: float, spans: bool) -> None:
        self._slow_seconds = slow_seconds
        self._spans = spans

    def begin(self, connection: BaseDatabaseWrapper, **_: Any) -> None:
        """Watch a connection; one that was watched is opened anew by the same wrapper."""
        others = [one for one in connection.execute_wrappers if not isinstance(one, Watch)]
        connection.execute_wrappers[:] = [*others, self]

    def __call__(
        self,
        execute: Callable[..., Any],
        sql: str,
        params: Any,
        many: bool,
        context: dict[str, Any],
    ) -> Any:
        began = time.perf_counter()
        try:
            if self._spans and current_ids().sampled:
                with _span(sql, context):
                    return execute(sql, params, many, context)
            return execute(sql, params, many, context)
        finally:
            seconds = time.perf_counter() - began
            # Of commands and migrations whoever runs them sees that they take long.
            if 0 < self._slow_seconds < seconds and current_ids().request:
                _log(sql, seconds, context)


def _span(sql: str, context: dict[str, Any]) -> AnySpan:
    # Semantic conventions of OpenTelemetry, "Database".
    text = shape_of(sql)
    told = {"db.system.name": context["connection"].vendor, "db.query.text": text}
    return span(text.partition(" ")[0][:20], "client", told)


def _log(sql: str, seconds: float, context: dict[str, Any]) -> None:
    logger.warning(
        "slow statement",
        extra={
            "statement": shape_of(sql),
            "duration_ms": round(seconds * 1000, 2),
            "database": context["connection"].alias,
        },
    )
