"""The shape of a GraphQL request over HTTP, checked before any of it is believed."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

import orjson
from django.conf import settings
from django.http import RawPostDataException, UnreadablePostError

from kernel.errors import (
    DomainError,
    ForbiddenError,
    InvalidInputError,
    LimitExceededError,
    PayloadTooLargeError,
)
from kernel.http import Asked
from kernel.idempotency.services import key_in_header

_MEMBERS = ("query", "variables", "operationName", "extensions", "documentId")
#: How deep the JSON of a request may nest: an input, and in it a JSON value of 16.
MOST_NESTED = 32
#: Parameters of a GET.
MOST_PARAMETERS = 20
_QUOTED_MEMBERS = tuple(f'"{name}"'.encode() for name in _MEMBERS)
#: What a form, an image or a link of another site makes a browser say.
_OTHER_SITES = {"cross-site", "same-site"}


class UnsupportedMediaTypeError(DomainError):
    """The body is in a form that this endpoint does not read."""

    code = "UNSUPPORTED_MEDIA_TYPE"
    status = 415


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """One operation to run (GraphQL over HTTP, section "Request Parameters").

    `query` is empty where the document is named instead: by `document_id` (the appendix
    "Persisted Documents"), or by `sha256`, its hash (Apollo's automatic persisted queries).
    """

    query: str
    variables: dict[str, Any]
    operation_name: str | None
    document_id: str | None = None
    sha256: str | None = None
    #: The answer is to tell what the operation was estimated to cost.
    tells_cost: bool = False
    #: It came by GET, so it must not change anything.
    only_reads: bool = False
    #: Of the one mutation in it (draft-ietf-httpapi-idempotency-key-header-07).
    idempotency_key: str | None = None


def read_body(request: Asked) -> bytes:
    """Return the bytes of a request; raises a coded error for too many, or for another form."""
    if request.method == "GET":
        return b""
    # A form could be sent across sites by a browser without asking; JSON cannot.
    found = request.content_type or "no type"
    if found != "application/json":
        raise UnsupportedMediaTypeError(f"send application/json, found {found[:80]!r}")
    charset = str((request.content_params or {}).get("charset", "utf-8"))
    if charset.lower() not in {"utf-8", "utf8"}:
        raise UnsupportedMediaTypeError(f"send the request in UTF-8, found {charset[:40]!r}")
    return _body(request)


def read_request(request: Asked, body: bytes) -> GraphQLRequest:
    """Read a GET or POST; raises a coded error for anything that is not one GraphQL request."""
    if request.method == "GET":
        return _parameters(request)
    wanted = parse_request(body)
    key = request.headers.get("Idempotency-Key")
    return wanted if key is None else replace(wanted, idempotency_key=key_in_header(key))


def parse_request(body: bytes) -> GraphQLRequest:
    """Read the JSON of a GraphQL request; raises InvalidInputError."""
    data = _json("the body", body)
    if isinstance(data, list):
        raise InvalidInputError("one request has one operation: batches are not read")
    if not isinstance(data, dict):
        raise InvalidInputError("the body is a JSON object with the member `query`")
    _refuse_repeated_members(body)
    wanted = _request(data)
    if b"\\u0000" in body and _holds_nul(wanted.variables):
        raise InvalidInputError("text may not contain the character U+0000")
    return wanted


def _parameters(request: Asked) -> GraphQLRequest:
    """Read the query string of a GET (section "GET")."""
    if request.headers.get("Sec-Fetch-Site") in _OTHER_SITES:
        raise ForbiddenError("a page of another site may not send this")
    try:
        pairs = parse_qsl(
            request.META.get("QUERY_STRING", ""),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_PARAMETERS,
        )
    except ValueError:
        raise InvalidInputError("the query string is not one of a GraphQL request") from None
    data: dict[str, Any] = dict(pairs)
    if len(data) < len(pairs):
        raise InvalidInputError("a parameter is given once")
    for name in ("variables", "extensions"):
        if name in data:
            data[name] = _json(f"`{name}`", data[name]) if data[name] else None
    wanted = _request(data, only_reads=True)
    if _holds_nul(wanted.variables):
        raise InvalidInputError("text may not contain the character U+0000")
    return wanted


def _json(what: str, text: bytes | str) -> Any:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InvalidInputError(f"{what} is not JSON: {error}") from None
    if _nests_deeper(value, MOST_NESTED):
        raise LimitExceededError(f"{what} nests at most {MOST_NESTED} deep")
    return value


def _nests_deeper(value: Any, most: int) -> bool:
    if isinstance(value, dict):
        inner: Collection[Any] = value.values()
    elif isinstance(value, list):
        inner = value
    else:
        return False
    return most == 0 or any(
        _nests_deeper(one, most - 1) for one in inner if isinstance(one, dict | list)
    )


def _request(data: Mapping[str, Any], *, only_reads: bool = False) -> GraphQLRequest:
    query, variables = data.get("query"), data.get("variables")
    operation_name, document_id = data.get("operationName"), data.get("documentId")
    extensions = data.get("extensions")
    if not isinstance(query, str | None):
        raise InvalidInputError("`query` is the text of a GraphQL document")
    if not isinstance(variables, dict | None):
        raise InvalidInputError("`variables` is an object")
    if not isinstance(operation_name, str | None):
        raise InvalidInputError("`operationName` is a text")
    if not isinstance(document_id, str | None):
        raise InvalidInputError("`documentId` is a text")
    if not isinstance(extensions, dict | None):
        raise InvalidInputError("`extensions` is an object")
    if query and document_id:
        raise InvalidInputError("`query` or `documentId`, not both")
    sha256 = _sha256(extensions) if extensions else None
    if not (query or document_id or sha256):
        raise InvalidInputError("`query` is the text of a GraphQL document, found none")
    return GraphQLRequest(
        query or "",
        variables or {},
        operation_name or None,
        document_id or None,
        sha256,
        tells_cost=extensions is not None and extensions.get("cost") is True,
        only_reads=only_reads,
    )


def _sha256(extensions: Mapping[str, Any]) -> str | None:
    persisted = extensions.get("persistedQuery")
    if persisted is None:
        return None
    if not isinstance(persisted, dict) or persisted.get("version") != 1:
        raise InvalidInputError("`persistedQuery` is of version 1")
    sha256 = persisted.get("sha256Hash")
    if not isinstance(sha256, str) or not sha256:
        raise InvalidInputError("`sha256Hash` is a text")
    return sha256


def _refuse_repeated_members(body: bytes) -> None:
    """Raise where a member is given twice, of which a proxy may believe one and we the other."""
    # Only a body that names one twice, or spells letters as escapes, is worth a second reading.
    if b"\\u00" not in body and all(body.count(name) < 2 for name in _QUOTED_MEMBERS):
        return
    names = [name for name, _ in json.loads(body, object_pairs_hook=list)]
    if len(set(names)) < len(names):
        raise InvalidInputError("a member of the request is given once")


def _body(request: Asked) -> bytes:
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
