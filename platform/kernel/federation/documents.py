"""Documents parsed, judged and validated once, then remembered within a bound."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    parse,
    validate,
)
from graphql.validation.rules import overlapping_fields_can_be_merged

from kernel.errors import DomainError, InvalidInputError, LimitExceededError
from kernel.federation import metrics
from kernel.federation.compiler import Plans
from kernel.federation.cost import estimator
from kernel.federation.limits import Limits, walk
from kernel.federation.memory import Memory
from kernel.federation.stopwatch import Stopwatch

#: Comments and long strings are no tokens, or few, and yet have to be read.
LONGEST_TEXT = 200_000
#: How much the documents of one schema may take, and how many they may be.
MOST_BYTES = 32_000_000
MOST_DOCUMENTS = 1_000
# Measured with tracemalloc: a syntax tree takes 134 bytes for each character of a dense text.
_TREE_BYTES = 150
_MOST_ERRORS = 10
# graphql-core's own bound lets one document compare its fields for 0.4 s; this is 0.08 s, and
# still 220 times the same field in one selection.
overlapping_fields_can_be_merged.MAX_COMPLEXITY_BUDGET = 50_000
#: graphql-core says only in words that it met a limit.
_TOO_MUCH = re.compile(r"\btokens\b.*aborted|nested too deeply|^Validation aborted\.$")


class DocumentSyntaxError(DomainError):
    """The document is not GraphQL."""

    code = "GRAPHQL_PARSE_FAILED"
    status = 400


class DocumentRefusedError(DomainError):
    """The document is GraphQL, but not of this schema."""

    code = "GRAPHQL_VALIDATION_FAILED"
    status = 400

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        super().__init__(f"{len(errors)} errors")
        self.errors = errors


@dataclass(slots=True)
class Operation:
    """An operation of a valid document, and what is worked out once for all its requests."""

    document: DocumentNode
    node: OperationDefinitionNode
    #: The most it may cost with these variables.
    cost: Callable[[Mapping[str, Any]], int]
    #: It asks about the schema itself.
    introspects: bool
    #: It asks for `__typename` and nothing else, as probes do.
    tells_nothing: bool
    #: How many fields it has at the root.
    roots: int
    plans: Plans

    @property
    def reads(self) -> bool:
        """Whether it is a query, and so changes nothing."""
        return self.node.operation == OperationType.QUERY


class Prepared:
    """A valid document."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
        self._document = document
        self._nodes = {
            definition.name.value if definition.name else "": definition
            for definition in document.definitions
            if isinstance(definition, OperationDefinitionNode)
        }
        self._fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self._operations: dict[str, Operation] = {}

    def operation(self, name: str | None) -> Operation:
        """Return the operation of this name, or the only one; raises InvalidInputError."""
        if name is None and len(self._nodes) == 1:
            name = next(iter(self._nodes))
        if name is None or name not in self._nodes:
            raise InvalidInputError("name one of the document's operations in `operationName`")
        # Two threads may both work it out; they agree on one.
        return self._operations.get(name) or self._operations.setdefault(
            name, self._worked_out(self._nodes[name])
        )

    def _worked_out(self, node: OperationDefinitionNode) -> Operation:
        fields = {one.name.value for one in walk(self._document) if isinstance(one, FieldNode)}
        return Operation(
            self._document,
            node,
            estimator(self._schema, self._document, node),
            introspects=not fields.isdisjoint({"__schema", "__type"}),
            tells_nothing=fields == {"__typename"},
            roots=self._roots(node.selection_set, {}),
            plans=Plans(self._schema, self._document, node),
        )

    def _roots(self, selections: SelectionSetNode, known: dict[str, int]) -> int:
        """Count fields; each fragment is counted once, however often it is spread."""
        count = 0
        for selection in selections.selections:
            if isinstance(selection, FragmentSpreadNode):
                name = selection.name.value
                if name not in known:
                    known[name] = self._roots(self._fragments[name].selection_set, known)
                count += known[name]
            elif isinstance(selection, InlineFragmentNode):
                count += self._roots(selection.selection_set, known)
            else:
                count += 1
        return count


class Documents:
    """The documents of one schema."""

    def __init__(self, schema: GraphQLSchema, limits: Limits) -> None:
        self._schema = schema
        self._limits = limits
        self._remembered: Memory[Prepared] = Memory(entries=MOST_DOCUMENTS, size_bytes=MOST_BYTES)

    def read(self, text: str, stopwatch: Stopwatch, *, suggest: bool) -> Prepared:
        """Return the valid document of this text; `suggest` lets errors name what there is.

        Raises DocumentSyntaxError, LimitExceededError, InvalidInputError or DocumentRefusedError.
        """
        prepared = self._remembered.get(text)
        if prepared is not None:
            metrics.remembered.inc()
        else:
            metrics.prepared.inc()
            prepared = self._prepare(text, stopwatch, suggest=suggest)
            self._remembered.put(text, prepared, len(text) * _TREE_BYTES)
        return prepared

    def _prepare(self, text: str, stopwatch: Stopwatch, *, suggest: bool) -> Prepared:
        if len(text) > LONGEST_TEXT:
            raise LimitExceededError(
                f"a document has at most {LONGEST_TEXT} characters; send data as variables"
            )
        try:
            document = parse(text, max_tokens=self._limits.tokens)
            stopwatch.lap("parse")
            self._limits.check_size(document)
            errors = validate(
                self._schema, document, max_errors=_MOST_ERRORS, hide_suggestions=not suggest
            )
            if errors and _TOO_MUCH.search(errors[-1].message):
                raise LimitExceededError("the document selects the same fields too often")
            if errors:
                raise DocumentRefusedError(errors[:_MOST_ERRORS])
            self._limits.check_depth(document)
            stopwatch.lap("validate")
        except GraphQLSyntaxError as error:
            if _TOO_MUCH.search(error.message):
                raise LimitExceededError(
                    f"at most {self._limits.tokens} tokens in a document, and not so deep"
                ) from None
            raise DocumentSyntaxError(str(error)) from None
        except RecursionError:
            raise LimitExceededError("the document nests too deep") from None
        return Prepared(self._schema, document)
