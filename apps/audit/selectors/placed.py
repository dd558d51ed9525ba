"""Logs and their places in the Merkle log, read in bulk: what archives are made of and held to."""

from collections.abc import Iterator, Sequence
from json import dumps
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from apps.audit.adapters.columns import COLUMNS, GROUP_BYTES
from apps.audit.models import AuditLog
from kernel.tenancy.context import current_tenant_id

#: Logs of the first question; later ones ask for as many as fit into a group by their size.
FIRST_PAGE = 256
MOST_PAGE = 8_192

# Of an id its bytes and of a moment its microseconds: read as they are, without an object of each.
_NAMES: dict[str, dict[str, str]] = {
    "postgresql": {
        "id": "uuid_send(id)",
        "occurred_at": "(extract(epoch FROM occurred_at) * 1000000)::bigint",
    },
    "sqlite": {},
}
_PLACED = {
    "postgresql": """
        SELECT count(*) FROM audit_leaf
        JOIN unnest(%s::uuid[], %s::bigint[]) AS told (id, place) ON log_id = id
        WHERE position = place AND tenant_id = %s
    """,
    # From the texts on: of two lists the second would be read again for each item of the first.
    "sqlite": """
        SELECT count(*) FROM json_each(%s) AS told
        CROSS JOIN audit_leaf ON log_id = json_extract(told.value, '$[0]')
        WHERE position = json_extract(told.value, '$[1]') AND tenant_id = %s
    """,
}


def pages(logs: QuerySet[AuditLog], most: int) -> Iterator[list[tuple[Any, ...]]]:
    """Yield the first logs as rows of an archive's file, of bounded size together.

    `logs` are as `lookups.placed` returns them. Ids are their 16 bytes.
    """
    columns = logs.values_list(*COLUMNS)
    size, left, last = FIRST_PAGE, most, None
    while left > 0:
        page = columns if last is None else columns.filter(pk__gt=last)
        rows = _rows(page[: min(size, left)])
        if not rows:
            return
        yield rows
        left -= len(rows)
        last = UUID(bytes=rows[-1][0])
        average = sum(len(row[-1]) for row in rows) // len(rows) + 1
        size = max(1, min(MOST_PAGE, GROUP_BYTES // average))


def have_places(log_ids: Sequence[bytes], places: Sequence[int]) -> bool:
    """Say whether each of these logs has its place in the Merkle log of the current tenant."""
    ids = [one.hex() for one in log_ids]
    if connection.vendor == "sqlite":
        told = [dumps(list(zip(ids, places, strict=True)))]
    else:
        told = [f"{{{','.join(ids)}}}", f"{{{','.join(map(str, places))}}}"]
    with connection.cursor() as cursor:
        cursor.execute(_PLACED[connection.vendor], [*told, current_tenant_id().hex])
        (count,) = cursor.fetchone()
    return bool(count == len(log_ids))


def _rows(page: Any) -> list[tuple[Any, ...]]:
    """Return rows as the driver gives them: models would make an object of each value."""
    sql, bound = page.query.get_compiler(page.db).as_sql()
    names = ", ".join(_NAMES[connection.vendor].get(name, name) for name in COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {names} FROM ({sql}) AS page ORDER BY page.id", bound)  # noqa: S608  names of ours # nosec B608
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    if connection.vendor == "sqlite":
        return [(bytes.fromhex(id_), *rest) for id_, *rest in rows]
    return rows
