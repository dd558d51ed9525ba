"""The OpenFeature Remote Evaluation Protocol, 0.3: requests, answers and their tags."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson

from apps.config.domain.evaluations import Evaluation
from apps.config.domain.flags import FlagSet


class RequestError(Exception):
    """A request that cannot be answered; `code` is OpenFeature's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code

    def body(self, key: str | None = None) -> dict[str, Any]:
        """Return the answer with status 400; to a question for one flag it names the flag."""
        named = {} if key is None else {"key": key}
        return {**named, "errorCode": self.code, "errorDetails": str(self)}


def read_context(body: bytes) -> dict[str, Any]:
    """Return the context of a request.

    The protocol asks for one with a targetingKey, but clients send what their callers gave: no
    body, no context and no key are all contexts that know nothing.
    """
    if not body.strip():
        return {}
    try:
        request = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise RequestError("PARSE_ERROR", f"the body is no JSON: {error}") from None
    context = request.get("context") if isinstance(request, dict) else request
    if isinstance(request, dict) and context is None:
        return {}
    if not isinstance(request, dict) or not isinstance(context, dict):
        raise RequestError("INVALID_CONTEXT", "the body is an object, and so is its context")
    return context


def answer(evaluation: Evaluation) -> dict[str, Any]:
    """Return the answer for one flag, alone or among all.

    Clients read `variant` and `errorDetails` without asking whether they are there. Without a
    variant there is no `value` either: the caller's own default counts.
    """
    if evaluation.error_code is not None:
        return {
            "key": evaluation.key,
            "errorCode": evaluation.error_code,
            "errorDetails": evaluation.error_message or "",
            "metadata": evaluation.metadata,
        }
    found = {
        "key": evaluation.key,
        "reason": evaluation.reason,
        "variant": evaluation.variant or "",
        "metadata": evaluation.metadata,
    }
    return found if evaluation.variant is None else {**found, "value": evaluation.value}


def status(evaluation: Evaluation) -> HTTPStatus:
    """Return the status of the answer for one flag."""
    if evaluation.error_code is None:
        return HTTPStatus.OK
    missing = evaluation.error_code == "FLAG_NOT_FOUND"
    return HTTPStatus.NOT_FOUND if missing else HTTPStatus.BAD_REQUEST


def bulk(
    evaluations: Iterable[Evaluation],
    metadata: Mapping[str, Any],
    event_streams: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Return the answer for all flags: one that is broken is an item with its error."""
    streams = {"eventStreams": list(event_streams)} if event_streams else {}
    return {"flags": list(map(answer, evaluations)), "metadata": metadata, **streams}


def encode(body: Mapping[str, Any]) -> bytes:
    """Write an answer; `1.0` stays `1.0`, by which typed clients tell a float."""
    try:
        return orjson.dumps(body)
    except TypeError:
        # An integer beyond 64 bits, or half of a surrogate pair.
        return json.dumps(body).encode()


def etag(flags: FlagSet, context: Mapping[str, Any], base: str = "") -> str | None:
    """Return the tag of all answers to one context before they are made.

    It covers the context: with the revision alone a client would keep answers for another one. The
    base is what else an answer depends on. None where answers also change by the time or by chance:
    then `etag_of` tags them once made.
    """
    if flags.changing:
        return None
    try:
        form = orjson.dumps(context, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        form = json.dumps(context, sort_keys=True).encode()
    return _tag(f"{flags.revision} {base}".encode() + b"\0" + form)


def etag_of(body: bytes) -> str:
    """Return the tag of an answer by what it says."""
    return _tag(body)


def _tag(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def is_current(if_none_match: str, tag: str) -> bool:
    """Whether a client holds the answer with this tag (RFC 9110, 13.1.2: weakly compared)."""
    held = [each.strip().removeprefix("W/") for each in if_none_match.split(",")]
    return tag in held or held == ["*"]
