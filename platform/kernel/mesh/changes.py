"""Mutations of a service's graph that somebody writes down to be sent later, by a job."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

from django.conf import settings
from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    NameNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    build_schema,
    get_named_type,
    parse,
    print_ast,
    validate,
)
from graphql.execution.values import get_variable_values

from kernel.errors import InvalidInputError
from kernel.mesh.questions import MOST_CHARACTERS

#: What an answer tells the error of a change as, whether the document asks for it or not.
ERROR = "septetError"


class NoChangeError(InvalidInputError):
    """What is written down cannot be sent: says which of its parts is wrong, and where."""

    def __init__(self, part: Literal["service", "document", "variables"], message: str) -> None:
        super().__init__(message)
        self.part = part


def check_change(service: str, document: str, variables: Mapping[str, Any] | None) -> None:
    """Raise NoChangeError unless it is one mutation of one field, as the service has it.

    By the schema that this release has of the service, so that nobody is asked. What scalars
    such as JSON hold is said when it is sent; where no variables are known yet, all of them.
    """
    if service not in settings.SERVICE_URLS:
        raise NoChangeError("service", f"there is no service {service[:40]!r}")
    operation = _operation(document)
    schema = schema_of(service)
    errors = validate(schema, parse(document), max_errors=1)
    if errors:
        raise NoChangeError("document", f"document: {_told(errors[0])}")
    if variables is None:
        return
    found = get_variable_values(
        schema, operation.variable_definitions, dict(variables), max_errors=1
    )
    if isinstance(found, list):
        raise NoChangeError("variables", f"parameters: {found[0].message[:300]}")
    known = {one.variable.name.value for one in operation.variable_definitions}
    if unknown := sorted(variables.keys() - known):
        told = f"parameters: the document has no variable ${unknown[0][:60]}"
        raise NoChangeError("variables", told)


def asking_for_error(service: str, document: str) -> str:
    """Return a checked document that also asks for the error of what it changes, as `ERROR`."""
    parsed = parse(document, no_location=True)
    operation = next(one for one in parsed.definitions if isinstance(one, OperationDefinitionNode))
    field = operation.selection_set.selections[0]
    if not isinstance(field, FieldNode) or field.selection_set is None:
        return document
    root = schema_of(service).mutation_type
    payload = get_named_type(root.fields[field.name.value].type) if root else None
    if not isinstance(payload, GraphQLObjectType) or "error" not in payload.fields:
        return document
    field.selection_set.selections = (*field.selection_set.selections, _error())
    return print_ast(parsed)


@cache
def schema_of(service: str) -> GraphQLSchema:
    """Return what this release has of the graph of a service, wherever that runs."""
    sdl = Path(settings.BASE_DIR) / "apps" / service / "schema.graphql"
    # Of federation's directives it has the uses, and not the definitions.
    return build_schema(sdl.read_text(encoding="utf-8"), assume_valid_sdl=True)


def _operation(document: str) -> OperationDefinitionNode:
    if len(document) > MOST_CHARACTERS:
        told = f"document has at most {MOST_CHARACTERS:,} characters"
        raise NoChangeError("document", told)
    try:
        parsed = parse(document)
    except GraphQLError as error:
        raise NoChangeError("document", f"document: {_told(error)}") from None
    found = [one for one in parsed.definitions if isinstance(one, OperationDefinitionNode)]
    if len(found) != 1 or found[0].operation is not OperationType.MUTATION:
        told = "document is one mutation, and no query or subscription"
        raise NoChangeError("document", told)
    fields = found[0].selection_set.selections
    if len(fields) != 1 or not isinstance(fields[0], FieldNode):
        told = "document changes one thing: its mutation has one field"
        raise NoChangeError("document", told)
    return found[0]


def _told(error: GraphQLError) -> str:
    if not error.locations:
        return error.message[:300]
    at = error.locations[0]
    return f"{error.message[:300]} (line {at.line}, column {at.column})"


def _error() -> FieldNode:
    def field(name: str, **more: Any) -> FieldNode:
        return FieldNode(name=NameNode(value=name), arguments=(), directives=(), **more)

    within = SelectionSetNode(selections=(field("code"), field("message")))
    return field("error", alias=NameNode(value=ERROR), selection_set=within)
