"""Rows that failed, as they came, to be looked at and mended."""

from collections import defaultdict
from collections.abc import Callable
from functools import cached_property
from typing import Any

import graphene

from apps.importexport.models import ImportJob, RowError
from apps.importexport.schema.types import ImportErrorType, ImportJobType
from apps.importexport.selectors.imports import errors_of, failed_rows_of, import_of
from kernel.federation.batches import together
from kernel.federation.directives import list_size
from kernel.federation.pages import Edge, Page, PageInfo, page_arguments
from kernel.federation.scalars import JSON
from kernel.federation.windows import DEFAULT_PAGE, Window
from kernel.tenancy.context import require


class ImportFailedRow(graphene.ObjectType):
    """A row that was not brought in, as it came, and why."""

    position = graphene.Float(required=True, description="Of the row in the source, from 1.")
    line = graphene.Float(required=True, description="On which the row begins.")
    mends = graphene.Float(
        description="Of mended rows the position in the import in which they failed."
    )
    values = JSON(
        description="Its texts by the headers; null where it is too long to be mended here."
    )
    surplus = graphene.List(
        graphene.NonNull(graphene.String),
        required=True,
        description="Texts behind the last column: a row that is mended has none of them.",
    )
    problems = graphene.List(graphene.NonNull(ImportErrorType), required=True)

    @classmethod
    def of(cls, job: ImportJob, row: RowError, problems: list[RowError]) -> "ImportFailedRow":
        """Return a row by its first problem and all of them."""
        cells = row.cells or {}
        mends = job.mends or []
        return cls(
            position=row.position,
            line=row.line,
            mends=mends[row.position - 1] if row.position <= len(mends) else None,
            values=cells.get("values"),
            surplus=cells.get("surplus", []),
            problems=problems,
        )


class ImportFailedRowEdge(graphene.ObjectType):
    """One row and its place in the list."""

    node = graphene.Field(ImportFailedRow, required=True)
    cursor = graphene.String(required=True)


class ImportFailedRowConnection(graphene.ObjectType):
    """A page of rows that failed, in the order of the source."""

    edges = graphene.List(graphene.NonNull(ImportFailedRowEdge), required=True)
    nodes = graphene.List(
        graphene.NonNull(ImportFailedRow),
        required=True,
        description="The rows without their cursors.",
    )
    page_info = graphene.Field(PageInfo, required=True)
    total_count = graphene.Int(
        required=True, description="Rows on all pages together. Counted only when selected."
    )


class _Rows(Page):
    """A page of the rows that failed, each with all that is wrong with it."""

    def __init__(self, job: ImportJob, code: str, column: str | None, window: Window) -> None:
        rows = failed_rows_of(job, code=code, column=column)
        super().__init__(lambda: rows, window, ("position", "id"))
        self._job = job

    @cached_property
    def _told(self) -> list[Edge]:
        found = self._slice
        problems: dict[int, list[RowError]] = defaultdict(list)
        errors = list(errors_of(self._job, [row.position for row in found.rows]))
        together(errors)
        for one in errors:
            problems[one.position].append(one)
        return [
            Edge(
                ImportFailedRow.of(self._job, row, problems[row.position]),
                found.cursor(row),
            )
            for row in found.rows
        ]

    @property
    def edges(self) -> list[Edge]:
        return self._told

    @property
    def nodes(self) -> list[Any]:
        return [one.node for one in self._told]


class FailedRowsOfImport(graphene.Field):
    """A root field: a page of the rows that failed in an import."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            ImportFailedRowConnection,
            required=True,
            import_id=graphene.ID(required=True),
            code=graphene.String(description="Rows that have this problem."),
            column=graphene.String(description="Rows whose field of this name is wrong."),
            **page_arguments(),
            **options,
        )
        list_size(
            assumed_size=DEFAULT_PAGE,
            slicing_arguments=["first", "last"],
            sized_fields=["nodes", "edges"],
            require_one_slicing_argument=False,
        )(self)

    def wrap_resolve(self, _parent_resolver: Any) -> Callable[..., Any]:
        return lambda _root, _info, **arguments: self.page(**arguments)

    def page(
        self, *, import_id: str, code: str | None = None, column: str | None = None, **window: Any
    ) -> Page:
        """Return the page that is wanted; raises a DomainError."""
        require(ImportJobType.scope)
        return _Rows(import_of(import_id), code or "", column, Window.of(**window))
