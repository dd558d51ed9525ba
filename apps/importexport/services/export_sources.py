"""What exports are written of: a table, a dataset of another app, or a question to the graph.

Each is read by a job, with what whoever asked may do then and may still do.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from apps.importexport.access import DATA_TABLE
from apps.importexport.adapters.externals import reading as outside
from apps.importexport.domain.exports.answers import AnswerError, fields_of, fitted, flat
from apps.importexport.domain.externals.tables import dataset_of
from apps.importexport.domain.tables.values import MASK, told
from apps.importexport.errors import ExportSourceError
from apps.importexport.models import DataTable, ExportJob
from apps.importexport.models.rows import column_of, usable_rows
from apps.importexport.models.tables import PREFIX
from apps.importexport.selectors import table_reading as reading
from apps.importexport.selectors.tables import (
    changed_between,
    columns_of,
    masked_fields,
    matching,
    table_named,
)
from apps.importexport.services import externals, owners
from contracts.datasets import Field, Kind, Row, Wanted
from kernel.datasets import client
from kernel.errors import InvalidInputError, UnavailableError
from kernel.mesh.client import RemoteError, mesh
from kernel.mesh.questions import check_question
from kernel.tenancy.context import acting_principal, current_principal, require

#: Pages of a connection that one question may follow.
_MOST_PAGES = 100_000
#: Errors of other services that trying again may heal.
_PASSING = {"UNAVAILABLE", "DEADLINE_EXCEEDED", "RATE_LIMITED", "INTERNAL"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Rows to be written, read when they are asked for."""

    fields: tuple[Field, ...]
    rows: Callable[[], Iterator[list[Row]]]
    #: Where the database writes CSV by itself: lines and how many they are, given a delimiter and
    #: whether to guard.
    lines: Callable[[str, bool], Iterator[tuple[int, bytearray]]] | None = None
    total: int | None = None


def source_of(export: ExportJob) -> Source:
    """Return what an export is written of, as whoever acts may read it.

    Raises ExportSourceError, NotFoundError, ForbiddenError, InvalidInputError, UnavailableError.
    """
    if export.query:
        return _of_query(export)
    if export.dataset.startswith(PREFIX):
        require(DATA_TABLE.read)
        return _of_table(export, table_named(export.dataset))
    if externals.is_external(export.dataset):
        return _of_external(export)
    return _of_dataset(export)


def fields_to_fill(name: str) -> tuple[Field, ...]:
    """Return the fields of a dataset that can be imported, for an empty file of it.

    Raises NotFoundError, ForbiddenError, UnavailableError.
    """
    if name.startswith(PREFIX):
        fields: Iterable[Field] = table_named(name).described.values()
    else:
        fields = owners.describe(name).fields
    return tuple(one for one in fields if not one.read_only)


def check_table(export: ExportJob) -> None:
    """Raise InvalidInputError, NotFoundError or ForbiddenError for what a table does not have."""
    table = table_named(export.dataset)
    _rows_of(export, table)
    columns_of(table, export.columns)


def checked_query(asked: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return a question as a row keeps it; raises InvalidInputError for one that changes things."""
    if not asked:
        return {}
    text, service = str(asked["query"]), str(asked.get("service") or "")
    check_question(text, service)
    path = str(asked.get("path") or "")
    if not path:
        raise InvalidInputError("path says where the connection is, such as `files`")
    variables = asked.get("variables") or {}
    if not isinstance(variables, dict):
        raise InvalidInputError("variables are an object")
    return {"service": service, "query": text, "variables": variables, "path": path[:300]}


def _of_table(export: ExportJob, table: DataTable) -> Source:
    names, masked = columns_of(table, export.columns), masked_fields(table)
    fields = [table.described[name] for name in names]
    rows = _rows_of(export, table)

    def read() -> Iterator[list[Row]]:
        for some in reading.streamed(rows, names):
            yield [_row(fields, values, masked) for values in some]

    def copy(delimiter: str, guard: bool) -> Iterator[tuple[int, bytearray]]:
        return reading.copied(rows, fields, delimiter=delimiter, guard=guard, masked=masked)

    return Source(
        fields=tuple(_masked(one) if one.name in masked else one for one in fields),
        rows=read,
        lines=copy if reading.can_copy() else None,
        total=rows.count(),
    )


def _rows_of(export: ExportJob, table: DataTable) -> Any:
    rows = matching(table, usable_rows(table), export.filters)
    rows = rows.filter(changed_between(export.since, export.until))
    order = []
    for name in export.order:
        (field,) = columns_of(table, [name.lstrip("-")])
        if field in masked_fields(table):
            require(table.described[field].masked_without)
        order.append(("-" if name.startswith("-") else "") + column_of(field))
    return rows.order_by(*order)


def _row(fields: Sequence[Field], values: Sequence[Any], masked: frozenset[str]) -> Row:
    return {
        one.name: MASK if one.name in masked and value is not None else told(one.kind, value)
        for one, value in zip(fields, values, strict=True)
    }


def _masked(field: Field) -> Field:
    return Field(name=field.name, kind=Kind.TEXT, title=field.title)


def _of_external(export: ExportJob) -> Source:
    to, table = externals.readable(export.dataset)
    dataset = dataset_of(to, table)
    if (export.since or export.until) and not dataset.cursor:
        raise ExportSourceError(f"{dataset.name} has nothing by which it grows: export all of it")
    asked = outside.asked_of(
        table,
        export.columns,
        filters=export.filters,
        order=tuple(export.order),
        grows_by=dataset.cursor,
        since=export.since,
        until=export.until,
    )

    def copy(delimiter: str, guard: bool) -> Iterator[tuple[int, bytearray]]:
        return outside.lines_of(to, table, asked, delimiter=delimiter, guard=guard)

    return Source(
        fields=tuple(one.field(in_key=one.name in table.key) for one in asked.columns),
        rows=lambda: outside.rows_of(to, table, asked),
        lines=copy,
    )


def _of_dataset(export: ExportJob) -> Source:
    dataset = client.describe(export.dataset)
    if (export.since or export.until) and not dataset.cursor:
        raise ExportSourceError(f"{dataset.name} has nothing by which it grows: export all of it")
    unknown = [name for name in export.columns if dataset.field(name) is None]
    if unknown:
        raise InvalidInputError(f"{dataset.name} has no field {unknown[0][:80]!r}")
    wanted = Wanted(
        limit=dataset.most_rows,
        columns=tuple(export.columns),
        filters=export.filters,
        since=export.since,
        until=export.until,
    )

    def read() -> Iterator[list[Row]]:
        page = client.read(dataset.name, wanted)
        yield page.rows
        while page.next:
            page = client.read(dataset.name, replace(wanted, after=page.next))
            yield page.rows

    who = acting_principal()
    fields = [dataset.field(name) for name in export.columns] or list(dataset.fields)
    return Source(
        fields=tuple(
            _masked(one) if one.masked_without and who and not who.may(one.masked_without) else one
            for one in fields
            if one is not None
        ),
        rows=read,
    )


def _of_query(export: ExportJob) -> Source:
    pages = _pages(export.query)
    # Of which fields rows are is seen by the first page; the others are read as they are written.
    first = [flat(node) for node in next(pages, [])]
    try:
        fields = fields_of(first, export.columns)
    except AnswerError as error:
        raise ExportSourceError(str(error)) from None
    if not fields:
        raise ExportSourceError("the connection has no rows, and no columns are named")

    def read() -> Iterator[list[Row]]:
        try:
            yield [fitted(row, fields) for row in first]
            for nodes in pages:
                yield [fitted(flat(node), fields) for node in nodes]
        except AnswerError as error:
            raise ExportSourceError(str(error)) from None

    return Source(fields=fields, rows=read)


def _pages(asked: Mapping[str, Any]) -> Iterator[list[Any]]:
    """Yield the nodes of a connection, page after page, or of a list at once."""
    more: dict[str, Any] = {}
    for _ in range(_MOST_PAGES):
        found: Any = _answer(asked, more)
        for step in filter(None, asked["path"].split(".")):
            found = found.get(step) if isinstance(found, dict) else None
        nodes = _nodes(found)
        if nodes is None:
            raise ExportSourceError(f"there is no connection at {asked['path'][:100]!r}")
        yield nodes
        page: Any = found.get("pageInfo") if isinstance(found, dict) else None
        if not isinstance(page, dict) or not page.get("hasNextPage") or not page.get("endCursor"):
            return
        if more.get("after") == page["endCursor"]:
            raise ExportSourceError("the query does not take `after`, so it has one page only")
        more = {"after": page["endCursor"]}
    raise ExportSourceError(f"the query has more than {_MOST_PAGES:,} pages")


def _nodes(found: Any) -> list[Any] | None:
    if isinstance(found, list):
        return found
    if isinstance(found, dict) and isinstance(found.get("nodes"), list):
        return list(found["nodes"])
    if isinstance(found, dict) and isinstance(found.get("edges"), list):
        return [edge.get("node") for edge in found["edges"]]
    return None


def _answer(asked: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    variables = {**asked["variables"], **more}
    # Whoever acts is asked for as well: a question is never asked as nobody.
    current_principal()
    try:
        if asked["service"]:
            return mesh.query(asked["service"], asked["query"], **variables)
        return mesh.query_graph(asked["query"], **variables)
    except RemoteError as error:
        if error.remote_code in _PASSING:
            raise UnavailableError(f"the query is not answered: {error}") from error
        raise ExportSourceError(f"{error.remote_code}: {error}"[:500]) from error
