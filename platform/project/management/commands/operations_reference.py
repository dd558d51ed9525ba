"""`manage.py operations_reference`: what can be done to each entity, made of the schemas."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from graphene.utils.str_converters import to_camel_case

from kernel.federation.fields import Many, One
from kernel.federation.mutations import Bulk, Create, Delete, Update
from kernel.federation.subgraph import Subgraph
from kernel.services import BY_NAME
from project.graph import subgraph
from project.reference import ReferenceCommand, table

INTRODUCTION = """\
What can be done to each entity, by which field of the graph, and with which scope; or why it cannot
be done. This page is made by `manage.py operations_reference`. All of them have one form:

- A mutation takes one `input`. Its answer holds the entity, or `error { code message }`, and then
  nothing was changed. What is not sent stays as it is; null is for what may be null. What was
  removed is shown as it was.
- A bulk form tells what became of each item, in their order: one that fails does not keep the
  others.
- A connection takes `first`, `after`, `last`, `before`, a `filter` whose parts all have to fit,
  and an `order`.
- Every entity can also be fetched by its key through `_entities`, as gateways do.
"""
HEAD = ("what", "field", "scope", "remark")
#: What everybody expects of an entity, and the kind of field that does it.
KINDS: dict[str, type[Any]] = {
    "create": Create,
    "read": One,
    "connection": Many,
    "update": Update,
    "delete": Delete,
    "bulk": Bulk,
}
#: What a service says of the kinds of an entity: entity, kind, remark.
Notes = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What does one kind of thing to an entity, or the reason why nothing does."""

    service: str
    entity: str
    kind: str
    fields: tuple[str, ...]
    scope: str
    remark: str


class Command(ReferenceCommand):
    """Write the page, or with --check tell that it is out of date."""

    help = "Write docs/reference/operations.md from the schemas; --check only compares."
    name = "operations"

    def text(self) -> str:
        if set(settings.SERVICES) != set(BY_NAME):
            raise CommandError("this page tells of all services: run it with SERVICES=all")
        return page([one for service in BY_NAME for one in operations(service)])


def operations(service: str) -> list[Operation]:
    """Return what can be done to the entities of a service; raises CommandError on a gap."""
    notes = getattr(import_module(f"apps.{service}.schema"), "NOTES", {})
    return list(found_in(subgraph(service), notes))


def found_in(graph: Subgraph, notes: Notes) -> Iterator[Operation]:
    """Yield six operations for each entity; raises CommandError when one is neither there nor
    given a reason, and for a remark on nothing.
    """
    _check(graph, notes)
    roots = [root for root in (graph.query, graph.mutation) if root is not None]
    fields = {
        to_camel_case(name): field for root in roots for name, field in root._meta.fields.items()
    }
    for entity, owner in graph.entities.items():
        for kind, made_by in KINDS.items():
            found = {
                name: field
                for name, field in fields.items()
                if isinstance(field, made_by) and field.entity is owner
            }
            told = [field.description for field in found.values() if field.description]
            note = notes.get(entity, {}).get(kind)
            if not found and not note:
                raise CommandError(
                    f"{entity} has no {kind}: add it, or its reason to NOTES of the schema of"
                    f" {graph.service}"
                )
            yield Operation(
                service=graph.service,
                entity=entity,
                kind=kind,
                fields=tuple(found),
                scope=", ".join({_scope(field): None for field in found.values()}),
                remark=" ".join([*told, *([note] if note else [])]),
            )


def _scope(field: Any) -> str:
    scope: str = getattr(field, "scope", field.entity.scope)
    return scope


def _check(graph: Subgraph, notes: Notes) -> None:
    for entity, remarks in notes.items():
        for kind, remark in remarks.items():
            if entity not in graph.entities or kind not in KINDS:
                raise CommandError(f"NOTES of {graph.service} name {kind} of {entity}: what is it?")
            if not remark.strip():
                raise CommandError(f"NOTES of {graph.service}: {kind} of {entity} says nothing")


def page(found: list[Operation]) -> str:
    """Return the reference page."""
    sections = [
        f"## {entity}\n\nOf `{service}`.\n\n"
        + table(
            HEAD, [_row(one) for one in found if (one.service, one.entity) == (service, entity)]
        )
        for service, entity in {(one.service, one.entity): None for one in found}
    ]
    return "\n".join([f"# Operations\n\n{INTRODUCTION}", *sections])


def _row(one: Operation) -> tuple[str, ...]:
    fields = ", ".join(f"`{name}`" for name in one.fields)
    return (one.kind, fields or "none", f"`{one.scope}`" if one.scope else "", one.remark)
