"""The sets of data of a batch, taken from a file one by one: lines of JSON, CSV, or a JSON list."""

import codecs
import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Kind: TypeAlias = Literal["jsonl", "csv", "json"]

_KINDS: dict[str, Kind] = {
    "application/x-ndjson": "jsonl",
    "application/jsonl": "jsonl",
    "application/json": "json",
    "text/csv": "csv",
}
_ENDINGS: dict[str, Kind] = {"jsonl": "jsonl", "ndjson": "jsonl", "csv": "csv", "json": "json"}


class ItemsError(ValueError):
    """There is nothing of which items could be taken."""


@dataclass(frozen=True, slots=True)
class Item:
    """Data for one document as JSON, or what is wrong with it; `place` is where it stands."""

    data: str
    place: str
    problem: str = ""


def kind_of(name: str, content_type: str) -> Kind:
    """Return how a file holds items, by its name or its type; raises ItemsError."""
    found = _ENDINGS.get(name.rpartition(".")[2].lower()) or _KINDS.get(content_type)
    if found is None:
        raise ItemsError(f"{name!r} is neither lines of JSON (.jsonl), nor CSV, nor JSON")
    return found


def items_of(kind: Kind, chunks: Iterable[bytes], *, most_bytes: int) -> Iterator[Item]:
    """Yield the items of a file in UTF-8, none of which is longer.

    One that is no object has a `problem`. Of CSV the first line names the fields, and all
    values are texts. Raises ItemsError.
    """
    if kind == "json":
        yield from _of_list(b"".join(chunks), most_bytes)
        return
    lines = _lines(chunks, most_bytes)
    yield from _of_csv(lines) if kind == "csv" else _of_lines(lines, most_bytes)


def checked(value: Any, place: str, most_bytes: int) -> Item:
    """Return one of a value of JSON."""
    if not isinstance(value, dict):
        return Item("{}", place, "an item is an object")
    data = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if len(data.encode()) > most_bytes:
        return Item("{}", place, f"an item has at most {most_bytes} bytes")
    return Item(data, place)


def _of_list(text: bytes, most_bytes: int) -> Iterator[Item]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ItemsError(f"the file is no JSON: {error}"[:200]) from error
    if not isinstance(found, list):
        raise ItemsError("the file is no list of JSON")
    for number, value in enumerate(found):
        yield checked(value, f"/{number}", most_bytes)


def _of_lines(lines: Iterable[str], most_bytes: int) -> Iterator[Item]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        place = f"line {number}"
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield Item("{}", place, f"no JSON: {error}"[:200])
            continue
        item = checked(value, place, most_bytes)
        # As it came: numbers keep their digits.
        yield item if item.problem else Item(line.strip(), place)


def _of_csv(lines: Iterator[str]) -> Iterator[Item]:
    rows = csv.reader(lines, strict=True)
    try:
        names = next(rows, [])
        if not names or len(set(names)) < len(names) or not all(names):
            raise ItemsError("the first line of CSV names each field once")
        for number, row in enumerate(rows, start=2):
            if not row:
                continue
            place = f"row {number}"
            if len(row) != len(names):
                yield Item("{}", place, f"{len(row)} values for {len(names)} fields")
                continue
            values = dict(zip(names, row, strict=True))
            yield Item(json.dumps(values, ensure_ascii=False), place)
    except csv.Error as error:
        raise ItemsError(f"the file is no CSV: {error}"[:200]) from error


def _lines(chunks: Iterable[bytes], most_bytes: int) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    rest = ""
    try:
        for chunk in chunks:
            rest += decoder.decode(chunk)
            # Not by splitlines: what Unicode takes for the end of a line may stand in a text.
            *whole, rest = rest.split("\n")
            yield from (f"{line}\n" for line in whole)
            if len(rest) > most_bytes:
                raise ItemsError(f"a line has at most {most_bytes} characters")
        rest += decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise ItemsError("the file is not in UTF-8") from error
    if rest:
        yield rest
