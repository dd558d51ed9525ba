"""Spans: what a trace is made of, told over OTLP where an endpoint is set, and else nothing.

They are made only of traces that are kept, and are plain objects until they have ended: the SDK of
OpenTelemetry comes in where they are sent (`kernel.observability.otlp`).
"""

import secrets
import time
from collections.abc import Mapping
from contextvars import Token
from dataclasses import replace
from types import TracebackType
from typing import Literal, Protocol, Self, TypeAlias

from kernel.errors import DomainError
from kernel.observability.context import Ids, current_ids, enter, keep_share, leave

Kind: TypeAlias = Literal["internal", "server", "client", "producer", "consumer"]
Value: TypeAlias = str | bool | int | float


class Sink(Protocol):
    """Takes spans that have ended: at once, whatever becomes of them, and raises nothing."""

    def take(self, span: "Span") -> None:
        """Send it some time, or drop it."""
        ...


class NoSpan:
    """Stands for a span that nobody keeps."""

    __slots__ = ()
    kept = False

    def set(self, name: str, value: Value) -> None:
        """Do nothing."""

    def rename(self, name: str) -> None:
        """Do nothing."""

    def fail(self, reason: str) -> None:
        """Do nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        pass


class Span:
    """One piece of work, from when it is entered until it is left; it fails by what is raised."""

    __slots__ = (
        *("attributes", "began_ns", "ended_ns", "failure", "id", "kind"),
        *("links", "name", "parent", "trace", "_sink", "_token"),
    )
    kept = True

    def __init__(
        self,
        sink: Sink,
        name: str,
        kind: Kind,
        attributes: Mapping[str, Value] | None,
        links: tuple[str, ...],
    ) -> None:
        self._sink = sink
        self._token: Token[Ids] | None = None
        self.name, self.kind, self.links = name, kind, links
        self.attributes: dict[str, Value] = dict(attributes or {})
        #: Why it failed, if it did: a code, or the name of an exception, never its message.
        self.failure = ""
        self.began_ns = self.ended_ns = 0
        self.trace = self.parent = ""
        self.id = secrets.token_hex(8)

    def set(self, name: str, value: Value) -> None:
        """Tell something of it."""
        self.attributes[name] = value

    def rename(self, name: str) -> None:
        """Give it the name that is known only now."""
        self.name = name

    def fail(self, reason: str) -> None:
        """Say that it failed, with a code of the contract."""
        self.failure = self.failure or reason

    def __enter__(self) -> Self:
        ids = current_ids()
        self.trace, self.parent = ids.trace, ids.span
        self._token = enter(replace(ids, span=self.id))
        self.began_ns = time.time_ns()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.ended_ns = time.time_ns()
        if self._token is not None:
            leave(self._token)
        if error is not None:
            self.fail(error.code if isinstance(error, DomainError) else type(error).__name__)
        self._sink.take(self)


AnySpan: TypeAlias = Span | NoSpan
NONE = NoSpan()
#: Where spans go; at most one.
_sinks: list[Sink] = []


def send_to(sink: Sink | None, *, share: float) -> None:
    """Have the spans of that share of the traces that begin here taken by the sink, if any."""
    _sinks[:] = [sink] if sink else []
    keep_share(share if sink else 0)


def traces() -> bool:
    """Say whether this process keeps spans at all."""
    return bool(_sinks)


def span(
    name: str,
    kind: Kind = "internal",
    attributes: Mapping[str, Value] | None = None,
    links: tuple[str, ...] = (),
) -> AnySpan:
    """Return a span of the trace that goes on here, to be entered; if it is kept.

    Names and attributes hold no secrets and nobody's data: names of routes, types, ids, counts.
    Each link is the `traceparent` of another trace.
    """
    if not _sinks or not current_ids().sampled:
        return NONE
    return Span(_sinks[0], name, kind, attributes, links)
