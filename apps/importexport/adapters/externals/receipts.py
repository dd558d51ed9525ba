"""Which batches a table outside has: noted there, in the transaction that writes their rows.

Our checkpoint is in another database. Whoever dies between the two commits tells the batch again,
and finds its receipt: each row is written once.
"""

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from psycopg import errors, sql

from apps.importexport.adapters.externals.connecting import Cursor, connected, in_schema
from apps.importexport.domain.externals.connections import External
from apps.importexport.errors import ExternalRefusedError
from contracts.datasets import Done, Mode, Row, RowResult
from kernel.errors import ConflictError

_DELETED_AT_ONCE = 1_000
#: A digit for each, as it is kept.
_DIGITS = {one: str(at) for at, one in enumerate(Done)}
_DONE = {digit: one for one, digit in _DIGITS.items()}
#: `images` holds of each row that was changed: its key, how it was before, and a digest of how it
#: is after; NULL once it is undone.
_TABLE = """
CREATE TABLE IF NOT EXISTS {} (
    batch text PRIMARY KEY,
    relation text NOT NULL,
    content bytea NOT NULL,
    results jsonb NOT NULL DEFAULT '{{}}',
    images jsonb,
    undone bigint,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""


def content_of(mode: Mode, rows: Sequence[Row]) -> bytes:
    """Return a digest of what a batch says."""
    said = json.dumps({"mode": mode, "rows": rows}, separators=(",", ":"))
    return hashlib.sha256(said.encode()).digest()


def ensure(cursor: Cursor, to: External) -> None:
    """Make the table of receipts, where it is not there: whoever may not is told so."""
    if _is_there(cursor, to):
        return
    # Of two that make it at once the second waits for the first, and is then refused, whatever IF
    # NOT EXISTS says: it is there all the same.
    with suppress(errors.UniqueViolation, errors.DuplicateTable), cursor.connection.transaction():
        cursor.execute(sql.SQL(_TABLE).format(in_schema(to, to.receipts)), [])


def _is_there(cursor: Cursor, to: External) -> bool:
    name = sql.Identifier(to.schema, to.receipts).as_string()
    return cursor.execute("SELECT to_regclass(%s)", [name]).fetchone() != (None,)


def earlier(
    cursor: Cursor, to: External, table: str, batch: str, content: bytes
) -> list[RowResult] | None:
    """Take the name of a batch, or return what became of its rows where it was applied before.

    Raises ConflictError where that was another batch.
    """
    taken = cursor.execute(
        sql.SQL(
            "INSERT INTO {} (batch, relation, content) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"
        ).format(in_schema(to, to.receipts)),
        [batch, table, content],
    )
    if taken.rowcount:
        return None
    found = cursor.execute(
        sql.SQL("SELECT relation, content, results FROM {} WHERE batch = %s").format(
            in_schema(to, to.receipts)
        ),
        [batch],
    ).fetchone()
    if found is None or found[0] != table or bytes(found[1]) != content:
        raise ConflictError(f"the batch {batch} of {to.name} had other rows")
    return _results(found[2])


def note(
    cursor: Cursor, to: External, batch: str, results: Sequence[RowResult], images: sql.Composable
) -> None:
    """Keep what became of a batch, and the images that a query gives."""
    cursor.execute(
        sql.SQL("UPDATE {} SET results = %s, images = ({}) WHERE batch = %s").format(
            in_schema(to, to.receipts), images
        ),
        [_told(results), batch],
    )


def clear(to: External, before: datetime) -> int:
    """Delete receipts of batches that were applied before a moment; return how many."""
    deleted, more = 0, True
    while more:
        with connected(to, seconds=to.statement_seconds) as connection:
            cursor = connection.cursor()
            if not _is_there(cursor, to):
                return deleted
            cursor.execute(
                sql.SQL(
                    "DELETE FROM {0} WHERE batch IN"
                    " (SELECT batch FROM {0} WHERE applied_at < %s LIMIT %s)"
                ).format(in_schema(to, to.receipts)),
                [before, _DELETED_AT_ONCE],
            )
            more = cursor.rowcount == _DELETED_AT_ONCE
            deleted += cursor.rowcount
            connection.commit()
    return deleted


def refuse_without(to: External) -> None:
    """Raise ExternalRefusedError where no receipts are kept."""
    if not to.receipts:
        raise ExternalRefusedError(
            f"{to.name} keeps no receipts of what was brought, so none of it is taken back"
        )


def _told(results: Sequence[RowResult]) -> str:
    """Return results as JSON: a digit for each, and what is to be said of those refused."""
    refused = {
        at: [one.code, one.message, one.column]
        for at, one in enumerate(results)
        if one.done is Done.REFUSED
    }
    return json.dumps({"done": "".join(_DIGITS[one.done] for one in results), "refused": refused})


def _results(told: Any) -> list[RowResult]:
    refused = told.get("refused", {})
    found = []
    for at, digit in enumerate(told.get("done", "")):
        code, message, column = refused.get(str(at), ("", "", ""))
        found.append(RowResult(done=_DONE[digit], code=code, message=message, column=column))
    return found
