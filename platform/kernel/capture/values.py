"""What is told of a model's columns: which, by what name, and how a value looks in JSON."""

import hashlib
import json
import math
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any

import orjson
from django.db import models

from kernel.secrets.fields import MASK, EncryptedTextField, Sealed

#: The longest text, or JSON, that is told as it is.
MOST_BYTES = 1_000
#: The same of a row that would tell more than `MOST_ROW_BYTES` by that.
FEW_BYTES = 40
MOST_ROW_BYTES = 30_000
#: A whole number beyond it is not the same in every reader of JSON.
MOST_EXACT = 2**53


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """How a model's rows are told of.

    `excluded` columns are passed over, also when nothing else changes. Of `masked` ones it is told
    that they changed; an encrypted column always is one. `label` is the column by which people
    know a row.
    """

    excluded: Collection[str] = field(default=())
    masked: Collection[str] = field(default=())
    label: str = ""

    def fields(self, model: type[models.Model]) -> list[models.Field[Any, Any]]:
        """Return the columns that are told of."""
        return [
            one
            for one in model._meta.concrete_fields
            if not one.primary_key and not one.generated and one.name not in self.excluded
        ]

    def is_masked(self, column: models.Field[Any, Any]) -> bool:
        """Say whether the values of a column are not told."""
        return column.name in self.masked or isinstance(column, EncryptedTextField)

    def changes(
        self, pairs: Collection[tuple[models.Field[Any, Any], Any, Any]]
    ) -> list[dict[str, Any]]:
        """Return what is told of columns with their values before and after; equal ones are not."""
        differing = [one for one in pairs if not _same(*one[1:])]
        told = self._told(differing, MOST_BYTES)
        if len(orjson.dumps(told)) > MOST_ROW_BYTES:
            return self._told(differing, FEW_BYTES)
        return told

    def _told(
        self, pairs: Collection[tuple[models.Field[Any, Any], Any, Any]], most: int
    ) -> list[dict[str, Any]]:
        return [
            {"field": column.name}
            | {
                name: MASK if value is not None and self.is_masked(column) else told(value, most)
                for name, value in (("before", before), ("after", after))
            }
            for column, before, after in pairs
        ]


def told(value: Any, most: int = MOST_BYTES) -> Any:
    """Return a value as JSON tells it; of what is long, its length and digest."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) <= MOST_EXACT else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return _digest(bytes(value))
    if isinstance(value, dict | list | tuple):
        text = json.dumps(value, default=str, ensure_ascii=False)
        plain = json.loads(text, parse_constant=str, parse_int=lambda digits: told(int(digits)))
        return _short(plain, text.encode(errors="surrogatepass"), most)
    shown = value.isoformat() if isinstance(value, date | time) else str(value)
    return _short(shown, shown.encode(errors="surrogatepass"), most)


def _short(value: Any, text: bytes, most: int) -> Any:
    return value if len(text) <= most else _digest(text)


def _digest(content: bytes) -> dict[str, Any]:
    return {"length": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, Sealed) and isinstance(after, Sealed):
        return before.stored == after.stored
    return bool(before == after)
