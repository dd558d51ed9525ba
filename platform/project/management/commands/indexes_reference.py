"""`manage.py indexes_reference`: each index of each table, and what it is there for."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import apps
from django.db.models import DateField, Index, Model, Q, UniqueConstraint

from project.reference import ReferenceCommand, table

INTRODUCTION = """\
What each table is found by beside its key. Each index costs time with every write, so there is none
without a reader:

- a **page** has one that begins with what is always said (the tenant, a state) and goes on in the
  page's order to the id, so that the next page begins where the last one ended, however many rows
  there are;
- what a **job** looks for among many rows that are done has one over those that are left ("only");
- what is there **once** is refused a second time by the index itself, also between two processes.

A filter that passes few of many rows needs its own; one that passes most needs none. **Database**
in the back office tells of a running PostgreSQL which tables are read whole, by which statements,
and which indexes nothing has read. A new one is made by `AddIndexConcurrently`
([changing tables](../database.md#changing-tables-in-use)).
Those that migrations make by hand, for words inside of texts, are not on it. This page is made by
`manage.py indexes_reference`.
"""
HEAD = ("index", "by", "only", "for")
OURS = ("apps.", "kernel.")

Fields = Sequence[tuple[str, str]]


class Command(ReferenceCommand):
    """Write the page, or with --check tell that it is out of date."""

    help = "Write docs/reference/indexes.md from the models; --check only compares."
    name = "indexes"

    def text(self) -> str:
        parts = [f"# Indexes\n\n{INTRODUCTION}"]
        for app in sorted(apps.get_app_configs(), key=lambda one: one.label):
            if app.name.startswith(OURS):
                parts += [
                    f"## {model._meta.db_table}\n\n{table(HEAD, rows)}"
                    for model in app.get_models()
                    if (rows := sorted(_rows(model)))
                ]
        return "\n".join(parts)


def _rows(model: type[Model]) -> Iterator[tuple[str, ...]]:
    for one in model._meta.local_fields:
        if one.unique and not one.primary_key:
            yield "(of the column)", f"`{one.column}`", "", "once"
        elif getattr(one, "db_index", False):
            yield "(of the column)", f"`{one.column}`", "", f"rows of one `{one.column}`"
    for unique in model._meta.constraints:
        if isinstance(unique, UniqueConstraint):
            by = [(name, "") for name in unique.fields] or _expressions(unique)
            yield unique.name, _by(by), _only(unique.condition), "once"
    for index in model._meta.indexes:
        by = list(index.fields_orders) or _expressions(index)
        yield index.name, _by(by), _only(index.condition), _for(index, by, model)


def _expressions(of: Index | UniqueConstraint) -> Fields:
    return [(str(one), "") for one in of.expressions]


def _by(fields: Fields) -> str:
    return ", ".join(f"`{name}`{' desc' if order else ''}" for name, order in fields)


def _for(index: Index, fields: Fields, model: type[Model]) -> str:
    if type(index) is not Index:
        return f"what is inside of it ({type(index).__name__})"
    names = [name for name, _ in fields]
    last = {one.name: one for one in model._meta.local_fields}.get(names[-1])
    # What is said comes first. The order begins where it descends, or before the key.
    begins = next((at for at, (_, order) in enumerate(fields) if order), len(names))
    if last is not None and last.primary_key:
        begins = min(begins, max(len(names) - 2, 1))
    elif isinstance(last, DateField):
        begins = min(begins, len(names) - 1)
    of = f"rows of one {_and(names[:begins])}" if begins else "rows"
    return f"{of}, in the order of {_and(names[begins:])}" if names[begins:] else of


def _and(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _only(condition: Q | None) -> str:
    if condition is None:
        return ""
    told = [_term(one) for one in condition.children]
    joined = f" {condition.connector.lower()} ".join(told)
    return f"not {joined}" if condition.negated else joined


def _term(term: Any) -> str:
    return f"({_only(term)})" if isinstance(term, Q) else f"`{term[0]}={_value(term[1])}`"


def _value(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else repr(value)
