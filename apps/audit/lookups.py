"""How the databases look into texts and JSON: what Django has no word for."""

import json
from typing import Any, ClassVar, TypeVar

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.sql.compiler import SQLCompiler
from django.db.models.sql.datastructures import BaseTable

from apps.audit.domain.search import LEAST_BEGINNING
from kernel.tenancy.models import view_of

Sql = tuple[str, tuple[Any, ...]]
M = TypeVar("M", bound=models.Model)


class SearchableText(models.TextField[str, str]):
    """Tokens with spaces between them, in a full-text index of the database."""


class _OfWords(models.Func):
    """Something that is said of a log's words, with one value."""

    output_field = models.BooleanField()
    said: ClassVar[str]

    def __init__(self, value: str) -> None:
        super().__init__(models.F("words"))
        self.value = value

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> Sql:  # type: ignore[override]
        words, _bound = compiler.compile(self.source_expressions[0])
        return self.said.format(words=words), (self.value,)


class Words(_OfWords):
    """Say whether a log has what a tsquery asks for, by PostgreSQL's index of words.

    Tokens are the lexemes of that index: no parser of PostgreSQL has a say.
    """

    said = "array_to_tsvector(string_to_array({words}, ' ')) @@ %s::tsquery"


class _Read(_OfWords):
    """Say it by reading the words, of which a planner expects that it is true of many."""

    said = "strpos({words}, %s) > 0"

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> Sql:
        said, bound = self.as_sql(compiler, connection)
        return said.replace("strpos", "instr"), bound


class HasWord(_Read):
    """Say whether a log has a word for which a token stands."""

    said = _Read.said.format(words="' ' || {words} || ' '")

    def __init__(self, token: str) -> None:
        super().__init__(f" {token}" if len(token) >= LEAST_BEGINNING else f" {token} ")


class HasPart(_Read):
    """Say whether a part of a word occurs in a log, but for the token of its tenant."""

    said = _Read.said.format(words="substr({words}, 34)")


class Part(_OfWords):
    """Say the same as PostgreSQL's index of trigrams says it."""

    said = "substr({words}, 34) LIKE %s"

    def __init__(self, part: str) -> None:
        super().__init__(f"%{part}%")


class _IndexFirst(BaseTable):
    """The rows of an index of words that match, and to each of them the log.

    SQLite keeps the order of CROSS JOIN.
    """

    def __init__(self, table: str, alias: str, index: str, text: str) -> None:
        super().__init__(table, alias)
        self.index = index
        self.text = text

    def relabeled_clone(self, change_map: dict[str | None, str]) -> "_IndexFirst":
        """Return it under another alias, as a part of another query."""
        alias = change_map.get(self.table_alias, self.table_alias)
        return _IndexFirst(self.table_name, str(alias), self.index, self.text)

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Sql:
        table, _ = super().as_sql(compiler, connection)
        log_id = f"{compiler.quote_name_unless_alias(str(self.table_alias))}.id"
        found = f"SELECT log_id FROM {self.index} WHERE words MATCH %s"  # noqa: S608  a name of ours # nosec B608
        return f"({found}) AS found CROSS JOIN {table} ON {log_id} = found.log_id", (self.text,)


def index_first(logs: QuerySet[M], index: str, text: str) -> QuerySet[M]:
    """Read those rows of a table on SQLite that one of its indexes of words finds."""
    rows = logs.all()
    alias = rows.query.get_initial_alias()
    table = rows.query.get_meta().db_table
    rows.query.alias_map[alias] = _IndexFirst(table, alias, index, text)
    return rows


class _Placed(BaseTable):
    """Logs that have a place in the Merkle log, and to each its leaf."""

    def relabeled_clone(self, change_map: dict[str | None, str]) -> "_Placed":
        """Return it under another alias, as a part of another query."""
        return _Placed(self.table_name, str(change_map.get(self.table_alias, self.table_alias)))

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Sql:
        table, bound = super().as_sql(compiler, connection)
        log_id = f"{compiler.quote_name_unless_alias(str(self.table_alias))}.id"
        return f"{table} JOIN audit_leaf ON audit_leaf.log_id = {log_id}", tuple(bound)


def placed(logs: QuerySet[M]) -> QuerySet[M]:
    """Return those of the logs that have a place, with it as `position`, in the order of ids."""
    rows: QuerySet[Any] = logs.annotate(position=RawSQL("audit_leaf.position", ())).order_by("pk")
    alias = rows.query.get_initial_alias()
    rows.query.alias_map[alias] = _Placed(rows.query.get_meta().db_table, alias)
    return rows


def by_view(rows: QuerySet[M]) -> QuerySet[M]:
    """Read a table on PostgreSQL through its view, where any index may be used.

    docs/adr/0013 tells why no index of words is used where a policy holds.
    """
    rows = rows.all()
    alias = rows.query.get_initial_alias()
    rows.query.alias_map[alias] = BaseTable(view_of(rows.model), alias)
    return rows


class Holds(models.Func):
    """Say whether a JSON column contains an object, as `domain.queries.contains` means it."""

    output_field = models.BooleanField()

    def __init__(self, column: str, wanted: dict[str, Any]) -> None:
        super().__init__(models.F(column))
        self.wanted = wanted

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> Sql:
        column, _bound = compiler.compile(self.source_expressions[0])
        parameters: list[Any] = []
        return _held(column, f"json_type({column})", self.wanted, parameters), tuple(parameters)

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> Sql:  # type: ignore[override]
        column, _bound = compiler.compile(self.source_expressions[0])
        return f"{column} @> %s::jsonb", (json.dumps(self.wanted),)


def _held(value: str, kind: str, wanted: Any, parameters: list[Any], depth: int = 0) -> str:
    """Return SQL for SQLite that says whether a value of this JSON type contains what is wanted."""
    if isinstance(wanted, dict | list):
        named = isinstance(wanted, dict)
        parts = []
        for name, one in wanted.items() if isinstance(wanted, dict) else enumerate(wanted):
            item, key = f"item{depth}", ""
            if named:
                key = f"{item}.key = %s AND "
                parameters.append(name)
            held = _held(f"{item}.value", f"{item}.type", one, parameters, depth + 1)
            parts.append(f"EXISTS (SELECT 1 FROM json_each({value}) AS {item} WHERE {key}{held})")  # noqa: S608  no part of it is anybody's text # nosec B608
        # CASE, because json_each of a text that is no JSON is an error.
        all_held = " AND ".join(parts) or "1"
        return f"CASE WHEN {kind} = '{'object' if named else 'array'}' THEN {all_held} ELSE 0 END"
    if wanted is None or isinstance(wanted, bool):
        return f"{kind} = '{json.dumps(wanted)}'"
    parameters.append(wanted)
    types = "'text'" if isinstance(wanted, str) else "'integer', 'real'"
    return f"({kind} IN ({types}) AND {value} = %s)"
