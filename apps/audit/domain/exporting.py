"""How logs leave in a file: as CSV for spreadsheets, as JSON lines for programs."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import orjson

from apps.audit.domain.personal import put
from contracts.formulas import guarded

#: The columns of files that have some.
COLUMNS = (
    "position",
    "id",
    "occurredAt",
    "recordedAt",
    "action",
    "actorType",
    "actorId",
    "actorName",
    "targets",
    "ipAddress",
    "userAgent",
    "location",
    "requestId",
    "changes",
    "metadata",
)


class Told(NamedTuple):
    """A log as it leaves: its place, what was sealed, and what is shown of its personal fields."""

    position: int
    record: bytes
    personal: Mapping[str, Any]


Pages: TypeAlias = Iterable[Sequence[Told]]
#: Makes the bytes of a file, a page of logs at a time.
Encoder: TypeAlias = Callable[[Pages], Iterator[bytes]]


def as_jsonl(pages: Pages) -> Iterator[bytes]:
    """Yield a line for each log: `position`, and `record` as it was sealed, byte for byte.

    Personal fields that are shown are beside it, by their pointers: so the record still proves.
    """
    for page in pages:
        yield b"".join(map(_line, page))


def as_csv(pages: Pages) -> Iterator[bytes]:
    """Yield RFC 4180 in UTF-8, with the mark by which spreadsheets know that, and no formulas."""
    yield b"\xef\xbb\xbf" + _lines([COLUMNS])
    for page in pages:
        yield _lines([guarded(str(value)) for value in columns_of(one)] for one in page)


def columns_of(one: Told) -> list[Any]:
    """Return the values of the columns: personal fields in their places, lists as JSON."""
    record: dict[str, Any] = orjson.loads(one.record)
    for pointer, value in one.personal.items():
        put(record, pointer, value)
    actor, context = record["actor"], record["context"]
    return [
        one.position,
        record["id"],
        record["occurredAt"],
        record["recordedAt"],
        record["action"],
        actor["type"],
        actor["id"],
        actor["name"],
        orjson.dumps(record["targets"]).decode(),
        context["ipAddress"],
        context["userAgent"],
        context["location"],
        context["requestId"],
        orjson.dumps(record["changes"]).decode(),
        orjson.dumps(record["metadata"]).decode(),
    ]


FORMATS: dict[str, Encoder] = {"csv": as_csv, "jsonl": as_jsonl}


def _line(one: Told) -> bytes:
    told: dict[str, Any] = {"position": one.position, "record": orjson.Fragment(one.record)}
    if one.personal:
        told["personal"] = one.personal
    return orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE)


def _lines(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
