"""Batches of entries over HTTP: read as they come, and answered line by line."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, NamedTuple

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from apps.audit.adapters.bodies import Sent, Stream, Unpacked, json_array, json_lines
from apps.audit.adapters.json_lines import Line
from apps.audit.domain.cloudevents import cloudevent_entry
from apps.audit.domain.mappings import Mapping, septet_entry
from apps.audit.services.intake import Became, Taken, keyed_by, take_in, take_in_whole
from apps.audit.services.receipts import sealed
from apps.audit.services.recording import MAX_BATCH
from kernel.errors import InvalidInputError, LimitExceededError
from kernel.federation.requests import UnsupportedMediaTypeError
from kernel.http import unexpected
from kernel.idempotency.services import check_key, key_in_header
from kernel.ratelimits.views import for_programs_at
from kernel.tenancy.context import require

SCOPE = "audit:write"
#: Bytes of a body that cost one unit of a rate limit.
BYTES_A_UNIT = 1_000


class _Form(NamedTuple):
    """How a body is read: into lines, and each line into an entry."""

    lines: Callable[[Stream], Iterator[Line]]
    mapping: Mapping


_FORMS = {
    **dict.fromkeys(("application/jsonl", "application/x-ndjson"), _Form(json_lines, septet_entry)),
    **dict.fromkeys(
        ("application/cloudevents-batch+json", "application/cloudevents+json"),
        _Form(json_array, cloudevent_entry),
    ),
}


@require_POST
@for_programs_at(lambda request: 1 + _announced(request) // BYTES_A_UNIT)
def logs(request: HttpRequest) -> HttpResponse:
    """Record the entries of a body, and say of each line what became of it.

    A bad entry is left out, or with `?allOrNothing=true` all are. Where the body breaks, what came
    before it is recorded, and the answer names it beside the error. So it is with any failure.
    """
    require(SCOPE)
    # Told before anything is read: these say nothing about a part of it.
    form, whole = _form(request), _flag(request, "allOrNothing")
    waits = _flag(request, "waitSealed")
    lines = _keyed(request, form.lines(_body(request)))
    if waits:
        lines = _few(lines)
    taken, failed = Taken(), None
    try:
        (take_in_whole if whole else take_in)(lines, form.mapping, taken)
    except Exception as error:  # noqa: BLE001  the answer has to name what went in before it
        failed = unexpected(error)
    told = _told(taken)
    if waits:
        _add_receipts(told["outcomes"], taken)
    if failed is None:
        return HttpResponse(orjson.dumps(told), "application/json", headers=_NOT_KEPT)
    response = failed.as_response()
    response.content = orjson.dumps(orjson.loads(failed.body) | told)
    return response


_NOT_KEPT = {"Cache-Control": "no-store"}


def _announced(request: HttpRequest) -> int:
    text = request.headers.get("Content-Length") or "0"
    return int(text) if text.isascii() and text.isdecimal() else 0


def _form(request: HttpRequest) -> _Form:
    form = _FORMS.get(request.content_type or "")
    if form is None:
        raise UnsupportedMediaTypeError(
            f"Content-Type is one of {', '.join(_FORMS)}, found {request.content_type!r:.80}"
        )
    return form


def _body(request: HttpRequest) -> Stream:
    sent = Sent(request, announced=_announced(request), most=settings.MAX_BODY_BYTES)
    match request.headers.get("Content-Encoding", "identity").strip().lower():
        case "identity":
            return sent
        case "gzip":
            return Unpacked(sent)
        case other:
            raise UnsupportedMediaTypeError(
                f"Content-Encoding is gzip or identity, found {other!r:.80}"
            )


def _keyed(request: HttpRequest, lines: Iterator[Line]) -> Iterator[Line]:
    header = request.headers.get("Idempotency-Key")
    if header is None:
        return lines
    key = key_in_header(header)
    check_key(key)
    return keyed_by(key, lines)


def _flag(request: HttpRequest, name: str) -> bool:
    text = request.GET.get(name, "false")
    if text not in {"true", "false"}:
        raise InvalidInputError(f"{name} is true or false, found {text[:40]!r}")
    return text == "true"


def _few(lines: Iterator[Line]) -> Iterator[Line]:
    """Yield no more lines than one answer has receipts for."""
    yield from islice(lines, MAX_BATCH)
    if next(lines, None) is not None:
        raise LimitExceededError(f"waitSealed: at most {MAX_BATCH} entries a body; send the rest")


def _add_receipts(outcomes: list[dict[str, Any]], taken: Taken) -> None:
    found = sealed([one.log_id for one in taken.lines if one.log_id is not None])
    for told, one in zip(outcomes, taken.lines, strict=True):
        if one.log_id is None:
            continue
        if receipt := found.receipts.get(one.log_id):
            told["receipt"] = receipt
        elif found.error is not None:
            told["error"] = {"code": found.error.code, "message": str(found.error)}


def _told(taken: Taken) -> dict[str, Any]:
    problems, recorded = taken.problems, taken.recorded
    return {
        "read": len(taken.lines),
        "recorded": recorded,
        "known": len(taken.lines) - recorded - problems,
        "problems": problems,
        "outcomes": [_told_of(one) for one in taken.lines],
    }


def _told_of(one: Became) -> dict[str, Any]:
    if one.error is not None:
        return {"line": one.line, "error": {"code": one.error.code, "message": str(one.error)}}
    return {"line": one.line, "id": str(one.log_id), "new": one.new}
