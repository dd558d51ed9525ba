"""Querysets that tell of what they do to rows: also of many at once, and by expressions."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import reduce
from operator import or_
from typing import Any, TypeVar

from django.db import connections, models, transaction
from django.db.models.constants import OnConflict
from django.db.models.expressions import ExpressionWrapper
from django.db.models.sql import InsertQuery

from kernel.capture.telling import telling
from kernel.errors import ConflictError

#: Rows that are read at a time.
PAGE = 500
#: Rows that are looked for by their unique columns at a time.
FEW = 100
#: How often an update is begun anew when others add to its rows meanwhile.
ATTEMPTS = 3

M = TypeVar("M", bound=models.Model)
Column = models.Field[Any, Any]


class RowsMovedError(ConflictError):
    """Others added to the rows of an update faster than they could be told of; try again."""

    retryable = True


class _MovedError(Exception):
    """Undoes an attempt."""


class CapturedQuerySet(models.QuerySet[M]):
    """Rows of a CapturedModel. What is done to them is told in the same transaction.

    Not seen is what goes past Django's API: raw SQL, `_raw_delete`, `_update`.
    """

    def update(self, **values: Any) -> int:
        wanted = _captured(self.model, values)
        if not wanted or self.query.is_sliced or self.query.combinator:
            return super().update(**values)
        self._for_write = True
        for _ in range(ATTEMPTS):
            with suppress(_MovedError), transaction.atomic(using=self.db), telling(self.db) as told:
                count = 0
                for row in _pages(_with_outcomes(self, wanted)):
                    count += 1
                    told.add(row, "changed", [_pair(row, *item) for item in wanted.items()])
                # The rows that were read are locked; others may have come between.
                if super().update(**values) != count:
                    raise _MovedError
                return count
        raise RowsMovedError(f"others went on adding to the {self.model.__name__} rows")

    update.alters_data = True  # type: ignore[attr-defined]  # Django's mark

    def delete(self) -> tuple[int, dict[str, int]]:
        if (
            self.query.is_sliced
            or self.query.combinator
            or self.query.distinct
            or _values_only(self)
        ):
            return super().delete()
        self._for_write = True
        total, by_model = 0, Counter[str]()
        with transaction.atomic(using=self.db), telling(self.db):
            # Whoever listens to deletions has all rows in memory; by pages it is some of them.
            for keys in _keys(self):
                rows = self.model._base_manager.using(self.db).filter(pk__in=keys)
                count, deleted = models.QuerySet.delete(rows)
                total += count
                by_model.update(deleted)
        return total, dict(by_model)

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]

    def bulk_create(
        self,
        objs: Iterable[M],
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        update_fields: Collection[str] | None = None,
        unique_fields: Collection[str] | None = None,
    ) -> list[M]:
        rows = list(objs)
        self._for_write = True
        with transaction.atomic(using=self.db, savepoint=False), telling(self.db):
            if ignore_conflicts:
                inserting = _Inserting(self, [self.model._meta.pk])
                made = inserting.bulk_create(rows, batch_size, ignore_conflicts=True)
                self._tell_created([key for (key,) in inserting.inserted])
                return made
            if update_conflicts:
                options = {"update_fields": update_fields, "unique_fields": unique_fields}
                return self._create_or_update(rows, batch_size, options)
            made = super().bulk_create(rows, batch_size)
            self._tell_created([row.pk for row in made])
            return made

    bulk_create.alters_data = True  # type: ignore[attr-defined]

    def _create_or_update(
        self, rows: list[M], batch_size: int | None, options: dict[str, Any]
    ) -> list[M]:
        """Insert what is not there, then lock, read and update what is: so each is told as it was.

        One statement that does both would not tell which rows were there before.
        """
        named: Any = map(self.model._meta.get_field, options["unique_fields"] or ())
        columns: list[Column] = list(named)
        if not columns or not options["update_fields"]:
            # Django says what is missing.
            return super().bulk_create(rows, batch_size, update_conflicts=True, **options)
        pk = self.model._meta.pk
        inserting = _Inserting(self, [pk, *columns])
        inserting.bulk_create(rows, batch_size, ignore_conflicts=True)
        new = {tuple(unique): key for key, *unique in inserting.inserted}
        self._tell_created(list(new.values()))
        rest = []
        for row in rows:
            unique = tuple(_plain(column, getattr(row, column.attname)) for column in columns)
            if unique in new:
                # The same once more is an update of it.
                row.pk = new.pop(unique)
            else:
                rest.append(row)
        before = self._there_are(rest, columns)
        if rest:
            super().bulk_create(rest, batch_size, update_conflicts=True, **options)
        self._tell_changed(before, options["update_fields"])
        return rows

    def _there_are(self, rows: Sequence[M], columns: Sequence[Any]) -> dict[Any, M]:
        """Return the rows that these will change, locked, by their keys."""
        base = self.model._base_manager.using(self.db).select_for_update()
        found: dict[Any, M] = {}
        for start in range(0, len(rows), FEW):
            wanted = [
                models.Q(**{column.attname: getattr(row, column.attname) for column in columns})
                for row in rows[start : start + FEW]
            ]
            found |= {row.pk: row for row in base.filter(reduce(or_, wanted)).order_by("pk")}
        return found

    def _tell_changed(self, before: dict[Any, M], names: Collection[str]) -> None:
        captured = self.model.capture.fields(self.model)  # type: ignore[attr-defined]
        columns = [one for one in captured if one.name in names or one.attname in names]
        with telling(self.db) as teller:
            for row in self._again(list(before)):
                was = before[row.pk]
                values = [
                    (one, getattr(was, one.attname), getattr(row, one.attname)) for one in columns
                ]
                teller.add(row, "changed", values)

    def _tell_created(self, keys: Sequence[Any]) -> None:
        """Tell of rows as they are stored, which is not always as they were given."""
        columns = self.model.capture.fields(self.model)  # type: ignore[attr-defined]
        with telling(self.db) as teller:
            for row in self._again(keys):
                teller.add(row, "created", filled(row, columns))

    def _again(self, keys: Sequence[Any]) -> Iterator[M]:
        rows = self.model._base_manager.using(self.db)
        for start in range(0, len(keys), PAGE):
            yield from rows.filter(pk__in=keys[start : start + PAGE]).order_by("pk")


def filled(row: models.Model, columns: Iterable[Column]) -> list[tuple[Column, Any, Any]]:
    """Return what a new row holds: nothing before, and after it what is not null."""
    return [(one, None, getattr(row, one.attname)) for one in columns]


class _Inserting(models.QuerySet[Any]):
    """Inserts, and lets the database say which rows it did not pass over."""

    def __init__(self, rows: models.QuerySet[Any], returning: Sequence[Column]) -> None:
        super().__init__(model=rows.model, using=rows.db)
        self._returning = list(returning)
        self.inserted: list[tuple[Any, ...]] = []

    def _insert(self, objs: Any, fields: Any, **_options: Any) -> list[Any]:
        query = InsertQuery(self.model, on_conflict=OnConflict.IGNORE)
        query.insert_values(fields, objs, raw=False)
        compiler = query.get_compiler(using=self.db)
        compiler.returning_fields = self._returning
        rows: list[Any] = []
        with compiler.connection.cursor() as cursor:
            for statement, values in compiler.as_sql():
                cursor.execute(statement, values)
                rows += cursor.fetchall()
        columns = [one.get_col(self.model._meta.db_table) for one in self._returning]
        converters = compiler.get_converters(columns)
        self.inserted += map(tuple, compiler.apply_converters(rows, converters))
        return []


def _captured(model: type[Any], values: dict[str, Any]) -> dict[Column, Any]:
    """Return the columns of an update that are told of, with what they are set to."""
    told = {name: one for one in model.capture.fields(model) for name in (one.name, one.attname)}
    return {told[name]: value for name, value in values.items() if name in told}


def _values_only(rows: Any) -> bool:
    return rows._fields is not None


def _outcome(column: Column) -> str:
    return f"captured_{column.attname}"


def _with_outcomes(rows: models.QuerySet[M], wanted: dict[Column, Any]) -> models.QuerySet[M]:
    """Return the rows of an update, locked, each with what its columns will hold."""
    query = rows.query
    if not _values_only(rows) and not query.distinct and query.group_by is None:
        found = rows.all().select_related(None).prefetch_related(None).defer(None)
        # Tables that are joined are not locked, and nullable ones could not be.
        of = ("self",) if connections[rows.db].features.has_select_for_update_of else ()
        found = found.select_for_update(of=of)
    else:
        keys = rows.order_by().values("pk")
        found = rows.model._base_manager.using(rows.db).filter(pk__in=keys).select_for_update()
    computed = {
        _outcome(column): ExpressionWrapper(value, output_field=column)
        for column, value in wanted.items()
        if hasattr(value, "resolve_expression")
    }
    model: Any = rows.model
    names = [column.name for column in wanted] + [model.capture.label] * bool(model.capture.label)
    if any(column.name == "tenant_id" for column in model._meta.concrete_fields):
        names.append("tenant_id")
    told: models.QuerySet[M] = found.annotate(**computed).only(*names)
    return told


def _pair(row: models.Model, column: Column, value: Any) -> tuple[Column, Any, Any]:
    after = getattr(row, _outcome(column)) if hasattr(value, "resolve_expression") else value
    return column, getattr(row, column.attname), _plain(column, after)


def _plain(column: Column, value: Any) -> Any:
    """Return a value as it comes from the database."""
    if isinstance(value, models.Model):
        value = getattr(value, column.target_field.attname)  # type: ignore[attr-defined]
    return column.to_python(value)


def _pages(rows: models.QuerySet[M]) -> Iterator[M]:
    """Yield rows in the order of their keys, a page in memory."""
    rows.query.clear_ordering(force=True)
    ordered = rows.order_by("pk")
    page = list(ordered[:PAGE])
    while page:
        yield from page
        page = list(ordered.filter(pk__gt=page[-1].pk)[:PAGE]) if len(page) == PAGE else []


def _keys(rows: models.QuerySet[Any]) -> Iterator[list[Any]]:
    rows = rows.all()
    rows.query.clear_ordering(force=True)
    ordered = rows.order_by("pk").values_list("pk", flat=True)
    page = list(ordered[:PAGE])
    while page:
        yield page
        page = list(ordered.filter(pk__gt=page[-1])[:PAGE]) if len(page) == PAGE else []
