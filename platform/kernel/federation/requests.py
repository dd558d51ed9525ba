"""The shape of a GraphQL request over HTTP, checked before any of it is believed."""

from dataclasses import dataclass
from typing import Any

import orjson
from django.conf import settings
from django.http import HttpRequest, RawPostDataException, UnreadablePostError

from kernel.errors import DomainError, InvalidInputError, PayloadTooLargeError


class UnsupportedMediaTypeError(DomainError):
    """The body is in a form that this endpoint does not read."""

    code = "UNSUPPORTED_MEDIA_TYPE"
    status = 415


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """One operation to run (GraphQL over HTTP, section "Request Parameters")."""

    query: str
    variables: dict[str, Any]
    operation_name: str | None


def read_request(request: HttpRequest) -> GraphQLRequest:
    """Read a POST body; raises a coded error for anything that is not one GraphQL request."""
    # A form could be sent across sites by a browser without asking; JSON cannot.
    if request.content_type != "application/json":
        raise UnsupportedMediaTypeError(
            f"send the request as application/json, found {request.content_type or 'no type'!r}"
        )
    return parse_request(_body(request))


def parse_request(body: bytes) -> GraphQLRequest:
    """Read the JSON of a GraphQL request; raises InvalidInputError."""
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidInputError(f"the body is not JSON: {error}") from None
    if not isinstance(data, dict):
        raise InvalidInputError("the body is a JSON object with the member `query`")
    query, operation_name = data.get("query"), data.get("operationName")
    variables = data.get("variables")
    if not isinstance(query, str) or not query:
        raise InvalidInputError("`query` is the text of a GraphQL document")
    if not isinstance(variables, dict | None):
        raise InvalidInputError("`variables` is an object")
    if not isinstance(operation_name, str | None):
        raise InvalidInputError("`operationName` is a text")
    if b"\\u0000" in body and _holds_nul(variables):
        raise InvalidInputError("text may not contain the character U+0000")
    return GraphQLRequest(query, variables or {}, operation_name or None)


def _body(request: HttpRequest) -> bytes:
    limit = settings.GRAPHQL_MAX_BODY_BYTES
    try:
        body = request.read(limit + 1)
    except (UnreadablePostError, RawPostDataException):
        raise InvalidInputError("the body could not be read to its end") from None
    if len(body) > limit:
        raise PayloadTooLargeError(f"a request has at most {limit} bytes")
    return body


def _holds_nul(value: Any) -> bool:
    # PostgreSQL stores no NUL; refused here, the answer is the same on every database.
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_holds_nul(item) for pair in value.items() for item in pair)
    if isinstance(value, list):
        return any(map(_holds_nul, value))
    return False
