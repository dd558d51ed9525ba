"""From changed rows to events, of bounded size, in the transaction of the change."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

import orjson
from django.db import DEFAULT_DB_ALIAS, models

from contracts.capture import RowsChanged
from kernel.capture.values import Capture
from kernel.events.publishing import publish

Action = Literal["created", "changed", "deleted"]

#: How much one event tells.
MOST_ROWS = 100
MOST_EVENT_BYTES = 300_000
MOST_NAME = 500


class ElsewhereError(RuntimeError):
    """A captured row is written over a connection whose transaction is not that of the outbox."""


@dataclass(slots=True)
class _Batch:
    """Rows of one model and tenant to which the same was done."""

    ids: list[str] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)
    size_bytes: int = 0


class Teller:
    """Collects what was done to rows, and tells it in batches; `close` tells the rest."""

    def __init__(self) -> None:
        self._batches: dict[tuple[type[models.Model], Action, UUID | None], _Batch] = {}

    def add(
        self,
        row: models.Model,
        action: Action,
        pairs: list[tuple[models.Field[Any, Any], Any, Any]],
    ) -> None:
        """Tell that this was done to a row, unless none of the columns is another than before."""
        model: Any = type(row)
        capture: Capture = model.capture
        changes = capture.changes(pairs)
        if not changes and action == "changed":
            return
        name = str(getattr(row, capture.label) or "") if capture.label else ""
        told = {"id": str(row.pk), "name": name[:MOST_NAME], "changes": changes}
        text = orjson.dumps(told).decode()
        key = (model, action, getattr(row, "tenant_id", None))
        batch = self._batches.setdefault(key, _Batch())
        if len(batch.rows) == MOST_ROWS or batch.size_bytes + len(text) > MOST_EVENT_BYTES:
            self._tell(*key)
            batch = self._batches.setdefault(key, _Batch())
        batch.ids.append(str(row.pk))
        batch.rows.append(text)
        batch.size_bytes += len(text)

    def close(self) -> None:
        """Tell what was collected and not told yet."""
        for key in list(self._batches):
            self._tell(*key)

    def _tell(self, model: type[models.Model], action: Action, tenant_id: UUID | None) -> None:
        batch = self._batches.pop((model, action, tenant_id))
        event = RowsChanged(
            app=model._meta.app_label,
            model=model._meta.object_name or "",
            action=action,
            first_id=batch.ids[0],
            rows=tuple(batch.rows),
        )
        publish(event, tenant_id=tenant_id)


#: What collects deletions: they come one by one, by a signal.
_teller: ContextVar[Teller | None] = ContextVar("teller", default=None)


@contextmanager
def telling(using: str) -> Iterator[Teller]:
    """Collect what a block does to rows, and tell it at the end.

    Runs inside the transaction of the change. Raises ElsewhereError.
    """
    if using != DEFAULT_DB_ALIAS:
        raise ElsewhereError(
            f"captured rows are written over {DEFAULT_DB_ALIAS}, where the outbox is, not {using}"
        )
    teller = Teller()
    token = _teller.set(teller)
    try:
        yield teller
    finally:
        _teller.reset(token)
    teller.close()


def tell_deleted(row: models.Model, columns: list[models.Field[Any, Any]], using: str) -> None:
    """Tell of a deleted row, with what else is being deleted or by itself."""
    values = [(one, getattr(row, one.attname), None) for one in columns]
    around = _teller.get()
    if around is not None:
        around.add(row, "deleted", values)
        return
    with telling(using) as teller:
        teller.add(row, "deleted", values)
