"""`python -m scripts.schema_changes REVISION`: no client breaks by what the graph has become.

Compares each service's schema.graphql with that of a revision of Git, such as the last release.
Prints what breaks clients and returns 1; with --documents, only what a document uses that clients
registered, as in GRAPHQL_TRUSTED_DOCUMENTS. The rest is printed as allowed.
"""

import argparse
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

from graphql import (
    ArgumentNode,
    BreakingChange,
    DocumentNode,
    EnumValueNode,
    FieldNode,
    GraphQLSchema,
    ObjectFieldNode,
    ObjectTypeDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    build_ast_schema,
    find_breaking_changes,
    get_named_type,
    is_input_object_type,
    parse,
    visit,
)

from kernel.federation.manifests import read_manifests
from scripts.packages import ROOT

#: What a change is about, as graphql-core says it first: a type, or a field of one.
_ABOUT = re.compile(r"\b([A-Z]\w*)(?:\.(\w+))?")


def main(arguments: list[str] | None = None) -> int:
    """Compare, print, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("revision", help="what clients know: a tag, a branch, a commit")
    parser.add_argument(
        "--documents",
        type=Path,
        metavar="PATH",
        help="a manifest of registered documents, or a folder of such: all that clients ask",
    )
    given = parser.parse_args(arguments)
    paths = sorted(ROOT.glob("apps/*/schema.graphql"))
    before = {path: _at(given.revision, path.relative_to(ROOT)) for path in paths}
    known = None
    if given.documents:
        manifests = read_manifests(given.documents).values()
        texts = (text for manifest in manifests for text in manifest.values())
        known = used_by(_whole(before.values()), texts)
    broken = 0
    for path in paths:
        for change, used in changes(before[path], path.read_text(encoding="utf-8"), known):
            broken += used
            verdict = "breaks clients" if used else "allowed, nobody uses it"
            print(f"{path.parent.name}: {change.description} ({change.type.name}): {verdict}")
    return 1 if broken else 0


def changes(
    before: str, after: str, known: AbstractSet[str] | None
) -> Iterator[tuple[BreakingChange, bool]]:
    """Yield what breaks clients of a service by its SDL, and whether that is among what is used.

    Where it is not known what is used, all of it is.
    """
    if before:
        for change in find_breaking_changes(_whole([before]), _whole([after])):
            yield change, known is None or bool(_about(change) & known)


def used_by(schema: GraphQLSchema, documents: Iterable[str]) -> set[str]:
    """Return the types, and the fields as `Type.field`, that documents use."""
    usage = _Usage(TypeInfo(schema))
    for text in documents:
        visit(parse(text, no_location=True), TypeInfoVisitor(usage.info, usage))
    return usage.found


class _Usage(Visitor):
    """Notes what a document uses."""

    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self.info = info
        self.found: set[str] = set()

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        parent = self.info.get_parent_type()
        if parent is not None:
            self._note(parent)
            self.found.add(f"{parent.name}.{node.name.value}")
            self._note(self.info.get_type())

    def enter_argument(self, _node: ArgumentNode, *_: Any) -> None:
        self._note(self.info.get_input_type())

    def enter_variable_definition(self, *_: Any) -> None:
        self._note(self.info.get_input_type())

    def enter_object_field(self, _node: ObjectFieldNode, *_: Any) -> None:
        self._note(self.info.get_input_type())

    def enter_enum_value(self, _node: EnumValueNode, *_: Any) -> None:
        self._note(self.info.get_input_type())

    def _note(self, type_: Any) -> None:
        named = get_named_type(type_)
        if named is None or named.name in self.found:
            return
        self.found.add(named.name)
        if is_input_object_type(named):
            # A variable may hold any of its fields.
            for name, field in named.fields.items():
                self.found.add(f"{named.name}.{name}")
                self._note(field.type)


def _about(change: BreakingChange) -> set[str]:
    found = [(type_, field) for type_, field in _ABOUT.findall(change.description)]
    fields = {f"{type_}.{field}" for type_, field in found if field}
    return fields or {type_ for type_, _ in found}


def _whole(sdls: Iterable[str]) -> GraphQLSchema:
    """Return the schema of services together: of a type that several have, the fields of all."""
    found: dict[str, Any] = {}
    for sdl in sdls:
        for one in parse(sdl, no_location=True).definitions if sdl else ():
            name = getattr(one, "name", None)
            if name is None:
                # What it takes from federation, which a gateway adds.
                continue
            known = found.setdefault(name.value, one)
            if known is not one and isinstance(one, ObjectTypeDefinitionNode):
                fields = {field.name.value: field for field in (*known.fields, *one.fields)}
                known.fields = tuple(fields.values())
    document = DocumentNode(definitions=tuple(found.values()))
    return build_ast_schema(document, assume_valid_sdl=True)


def _at(revision: str, path: Path) -> str:
    """Return a file as it was; empty where there was none. Raises CalledProcessError."""
    subprocess.run(  # noqa: S603  a developer's own # nosec B603 B607
        ["git", "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}"],  # noqa: S607
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    shown = subprocess.run(  # noqa: S603  as above # nosec B603 B607
        ["git", "show", f"{revision}:{path.as_posix()}"],  # noqa: S607
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    return shown.stdout if shown.returncode == 0 else ""


if __name__ == "__main__":
    sys.exit(main())
