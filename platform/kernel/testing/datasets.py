"""Datasets in tests: read whole, brought in again, and how many statements a page takes."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.test.utils import CaptureQueriesContext

from contracts.datasets import Mode, Row, Wanted
from kernel.datasets.registry import registered
from kernel.datasets.services import apply_batch, read_page
from kernel.ids import new_id_text
from kernel.tenancy.context import ALL_SCOPES, Principal


def somebody(tenant_id: UUID, *scopes: str) -> Principal:
    """Return somebody with these scopes, or with all of them when none is named."""
    return Principal(
        kind="user",
        id="u-1",
        name="Ada",
        tenant_id=tenant_id,
        scopes=frozenset(scopes or [ALL_SCOPES]),
    )


def exported(name: str, *, size: int = 2, **wanted: Any) -> list[Row]:
    """Return all rows of a dataset as whoever acts reads them, page by page."""
    rows: list[Row] = []
    place = ""
    while True:
        page = read_page(name, Wanted(limit=size, after=place, **wanted))
        rows += page.rows
        place = page.next
        if not place:
            return rows


def importable(name: str, rows: Sequence[Row]) -> list[Row]:
    """Return rows without what their owner makes: what is the same wherever they come to."""
    made = {field.name for field in registered(name).dataset.fields if field.read_only}
    return [{key: value for key, value in row.items() if key not in made} for row in rows]


def imported(name: str, rows: Sequence[Row], *, mode: Mode = Mode.UPSERT, batch: str = "") -> Any:
    """Apply a batch, and return what became of each row, with the code of a refusal."""
    results = apply_batch(name, batch=batch or new_id_text(), mode=mode, rows=rows)
    return [f"{one.done} {one.code}".strip() for one in results]


def statements(name: str, *, size: int) -> int:
    """Return how many statements it takes to read a page of so many rows."""
    with CaptureQueriesContext(connection) as queries:
        page = read_page(name, Wanted(limit=size))
    if len(page.rows) != size:
        raise AssertionError(f"a page of {size} rows has {len(page.rows)}")
    return len(queries)
