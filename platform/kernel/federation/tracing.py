"""Apollo's federated tracing, "ftv1": a gateway that asks is told how long each resolver took.

It asks with a header, and gets a `Trace` (reports.proto in the npm package
`@apollo/usage-reporting-protobuf`) as base64 in `extensions.ftv1`. Every authenticated caller may
ask: it learns nothing but the times of fields that it may read anyway, and errors as it sees them.
"""

import base64
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter_ns
from typing import Any

import orjson
from graphql import GraphQLResolveInfo

from kernel import clock
from kernel.http import Asked

HEADER = "apollo-federation-include-trace"


def wants_trace(request: Asked) -> bool:
    """Say whether a gateway asks for a trace of this request."""
    return request.headers.get(HEADER) == "ftv1"


class Trace:
    """What one operation's resolvers took, as a tree of the shape of the answer.

    It is a middleware of graphql-core, so that an operation that nobody traces pays nothing.
    """

    def __init__(self) -> None:
        self._began_at = clock.now()
        self._began = perf_counter_ns()
        self._root = _Node()

    def resolve(
        self, resolver: Callable[..., Any], source: Any, info: GraphQLResolveInfo, **arguments: Any
    ) -> Any:
        """Run a resolver and remember when it began and when it ended."""
        if info.field_name.startswith("__") or info.parent_type.name.startswith("__"):
            return resolver(source, info, **arguments)
        node = self._root.at(info.path.as_list())
        if node.key != info.field_name:
            node.original_name = info.field_name
        node.type = str(info.return_type)
        node.parent_type = info.parent_type.name
        node.start = self._elapsed()
        try:
            return resolver(source, info, **arguments)
        finally:
            node.end = self._elapsed()

    def ftv1(self, errors: Iterable[dict[str, Any]]) -> str:
        """Return the trace for `extensions.ftv1`; the errors are those of the answer."""
        duration, ended_at = self._elapsed(), clock.now()
        for error in errors:
            self._root.at(error.get("path") or ()).errors.append(error)
        return base64.b64encode(
            _message(3, _timestamp(ended_at))
            + _message(4, _timestamp(self._began_at))
            + _number(11, duration)
            + _message(14, self._root.encoded())
            # Of how many operations this one is a sample.
            + _double(31, 1.0)
        ).decode()

    def _elapsed(self) -> int:
        return perf_counter_ns() - self._began


@dataclass(slots=True)
class _Node:
    """A field of the answer, an item of a list, or the root."""

    key: str | int | None = None
    original_name: str = ""
    type: str = ""
    parent_type: str = ""
    start: int = 0
    end: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)
    children: dict[str | int, "_Node"] = field(default_factory=dict)

    def at(self, path: Iterable[str | int]) -> "_Node":
        """Return the node at a path below this one."""
        node = self
        for key in path:
            child = node.children.get(key)
            if child is None:
                child = node.children[key] = _Node(key)
            node = child
        return node

    def encoded(self) -> bytes:
        parts = [
            _message(1, self.key.encode()) if isinstance(self.key, str) else b"",
            _number(2, self.key) if isinstance(self.key, int) else b"",
            _text(3, self.type),
            _number(8, self.start) if self.end else b"",
            _number(9, self.end) if self.end else b"",
            *(_message(11, _error(error)) for error in self.errors),
            *(_message(12, child.encoded()) for child in self.children.values()),
            _text(13, self.parent_type),
            _text(14, self.original_name),
        ]
        return b"".join(parts)


def _error(error: dict[str, Any]) -> bytes:
    locations = [
        _message(2, _number(1, location["line"]) + _number(2, location["column"]))
        for location in error.get("locations", ())
    ]
    return _text(1, error["message"]) + b"".join(locations) + _message(4, orjson.dumps(error))


def _timestamp(moment: datetime) -> bytes:
    return _number(1, int(moment.timestamp())) + _number(2, moment.microsecond * 1000)


# Protocol Buffers, "Encoding": each member of a message is its number with the type of its value,
# then the value. Ours are the types varint (0), 64 bits (1), and bytes with their length (2).


def _number(member: int, value: int) -> bytes:
    return _varint(member << 3) + _varint(value)


def _double(member: int, value: float) -> bytes:
    return _varint(member << 3 | 1) + struct.pack("<d", value)


def _message(member: int, value: bytes) -> bytes:
    return _varint(member << 3 | 2) + _varint(len(value)) + value


def _text(member: int, value: str) -> bytes:
    return _message(member, value.encode()) if value else b""


def _varint(value: int) -> bytes:
    """Return a number as groups of seven bits, the lowest first; all but the last say "more"."""
    groups = bytearray()
    while value > 0x7F:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    groups.append(value)
    return bytes(groups)
