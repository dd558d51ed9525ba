"""The Merkle log of the caller's tenant for programs: checkpoint, tiles, records, proofs."""

from typing import Any
from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from apps.audit.domain.merkle import TileId
from apps.audit.domain.receipts import encoded
from apps.audit.domain.tile_paths import TilePathError, parse
from apps.audit.selectors import integrity
from kernel.errors import InvalidInputError, NotFoundError
from kernel.ratelimits.views import for_programs
from kernel.tenancy.context import require

SCOPE = "audit:read"
#: Records of one answer, and about how many bytes.
MOST_ENTRIES = 256
MOST_BYTES = 1_000_000

#: What is proved once never changes.
_FOR_EVER = "private, max-age=31536000, immutable"
_NOT_KEPT = "private, no-cache"


@require_safe
@for_programs
def checkpoint(request: HttpRequest) -> HttpResponse:
    """Answer with the last signed checkpoint, or the one of `?size=`."""
    require(SCOPE)
    found = integrity.checkpoint_at(_number(request, "size"))
    return _answer(integrity.cosigned(found).encode(), "text/plain; charset=utf-8", _NOT_KEPT)


@require_safe
@for_programs
def tile(_request: HttpRequest, level: int, tile: str) -> HttpResponse:
    """Answer with the hashes of a tile, or with the first of them."""
    require(SCOPE)
    try:
        number, width = parse(tile)
    except TilePathError as error:
        raise NotFoundError(str(error)) from None
    if level > integrity.HIGHEST_LEVEL:
        raise NotFoundError(f"levels are 0 to {integrity.HIGHEST_LEVEL}")
    hashes = integrity.tile(TileId(level, number), width)
    return _answer(hashes, "application/octet-stream", _FOR_EVER)


@require_safe
@for_programs
def entries(request: HttpRequest) -> HttpResponse:
    """Answer with records from `?start=` on, one a line: the very bytes of the leaves."""
    require(SCOPE)
    start = _number(request, "start") or 0
    records = integrity.entries(start, MOST_ENTRIES, MOST_BYTES)
    lines = b"".join(record + b"\n" for record in records)
    return _answer(lines, "application/jsonl", _NOT_KEPT)


@require_safe
@for_programs
def consistency(request: HttpRequest) -> HttpResponse:
    """Answer with the proof that the log of size `?newer=` continues that of size `?older=`."""
    require(SCOPE)
    older, newer = _number(request, "older"), _number(request, "newer")
    if older is None or newer is None:
        raise InvalidInputError("older and newer were expected: sizes of the log")
    proof = integrity.consistency_between(older, newer)
    told = {"older": older, "newer": newer, "path": [encoded(one) for one in proof]}
    return _json(told, _FOR_EVER)


@require_safe
@for_programs
def keys(_request: HttpRequest) -> HttpResponse:
    """Answer with every key that has signed the log, one a line, the newest first."""
    require(SCOPE)
    found = integrity.keys_of_log()
    lines = "".join(f"{key}\n" for key, _ in found)
    return _answer(lines.encode(), "text/plain; charset=utf-8", _NOT_KEPT)


@require_safe
@for_programs
def receipt(request: HttpRequest, log_id: UUID) -> HttpResponse:
    """Answer with the receipt of a log, under the last checkpoint or the one of `?size=`."""
    require(SCOPE)
    return _json(integrity.receipt_for(log_id, _number(request, "size")), _NOT_KEPT)


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 15):
        raise InvalidInputError(f"{name} is a number of up to 15 digits, found {text[:40]!r}")
    return int(text)


def _json(told: dict[str, Any], kept: str) -> HttpResponse:
    return _answer(orjson.dumps(told), "application/json", kept)


def _answer(body: bytes, content_type: str, kept: str) -> HttpResponse:
    return HttpResponse(body, content_type=content_type, headers={"Cache-Control": kept})
