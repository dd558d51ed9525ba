"""One operation from text to answer: over HTTP, and in process for other services."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graphql import ExecutionResult, GraphQLError, GraphQLSchema, OperationType, execute
from graphql.utilities import get_operation_ast

from kernel.errors import DomainError, InvalidInputError
from kernel.federation.documents import DocumentRefusedError, Documents
from kernel.federation.limits import Limits
from kernel.federation.requests import GraphQLRequest
from kernel.masking import describe
from kernel.observability.context import request_id

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back, and whether the operation was run at all."""

    body: dict[str, Any]
    executed: bool


class Endpoint:
    """A schema that answers requests; whoever calls has set the principal."""

    def __init__(self, schema: GraphQLSchema, limits: Limits) -> None:
        self.schema = schema
        self._documents = Documents(schema, limits)

    def answer(self, request: GraphQLRequest) -> Answer:
        """Run one operation. Every failure comes back as a coded error in the answer."""
        try:
            document = self._documents.read(request.query)
        except DocumentRefusedError as refused:
            return _refusal(refused.errors, "GRAPHQL_VALIDATION_FAILED")
        except DomainError as error:
            return _refusal([GraphQLError(str(error))], error.code)
        operation = get_operation_ast(document, request.operation_name)
        if operation is None:
            return _refusal(
                [GraphQLError("name one of the document's operations in `operationName`")],
                InvalidInputError.code,
            )
        if operation.operation == OperationType.SUBSCRIPTION:
            return _refusal([GraphQLError("there are no subscriptions")], InvalidInputError.code)
        result = execute(
            self.schema,
            document,
            variable_values=request.variables,
            operation_name=request.operation_name,
        )
        if not isinstance(result, ExecutionResult):
            raise TypeError("every resolver of ours is synchronous")
        return _executed(result)


def _executed(result: ExecutionResult) -> Answer:
    # Without data and without a path, a variable could not be read and nothing was run.
    executed = result.data is not None or any(error.path for error in result.errors or ())
    body: dict[str, Any] = {}
    if result.errors:
        body["errors"] = [_formatted(error) for error in result.errors]
    if executed:
        body["data"] = result.data
    return Answer(body, executed)


def _refusal(errors: Sequence[GraphQLError], code: str) -> Answer:
    return Answer({"errors": [_formatted(error, code) for error in errors]}, executed=False)


def _formatted(error: GraphQLError, code: str | None = None) -> dict[str, Any]:
    """Return the error as the client sees it: a message meant for it, and a code."""
    cause = _cause(error)
    if cause is not None:
        code, message = describe(cause)
    else:
        code, message = code or InvalidInputError.code, error.message
    extensions = {"code": code}
    if code == DomainError.code:
        extensions["id"] = request_id()
    formatted: dict[str, Any] = {"message": message, "extensions": extensions}
    if error.locations:
        formatted["locations"] = [location.formatted for location in error.locations]
    if error.path:
        formatted["path"] = error.path
    return formatted


def _cause(error: GraphQLError) -> BaseException | None:
    cause: BaseException | None = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause
