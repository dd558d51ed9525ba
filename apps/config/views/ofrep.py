"""The OpenFeature Remote Evaluation Protocol 0.3, under `/ofrep/v1/`."""

import re
import time
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from apps.config.domain import ofrep
from apps.config.domain.evaluations import Evaluation, failure
from apps.config.domain.tallies import BULK as BULK_WAY
from apps.config.domain.tallies import SINGLE as SINGLE_WAY
from apps.config.selectors.keys import is_in_memory, opened_by
from apps.config.services.counting import note
from apps.config.services.snapshots import Snapshot
from apps.config.services.telling import catch_up, stream_token, tag_of
from apps.config.views.credentials import EvaluationVisit, Reach
from kernel.errors import DomainError, MethodNotAllowedError, PayloadTooLargeError, Refused
from kernel.http import Asked, Reply
from kernel.identity.refusals import record_refusal
from kernel.tenancy.context import in_tenant

BULK = "/ofrep/v1/evaluate/flags"
SINGLE = f"{BULK}/"
EVENTS = "/config/api/flags/events"
#: Of a body: the context that a program sends with each question.
MOST_BYTES = 256 * 1024
#: Flags of a bulk evaluation that cost one unit of a rate limit.
FLAGS_A_UNIT = 50
#: Seconds without anybody looking after which a client may close its stream.
INACTIVITY_SECONDS = 120

ANYWHERE = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Retry-After",
}
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": (
        "authorization, content-type, if-none-match, x-api-key, last-event-id"
    ),
    "Access-Control-Max-Age": "7200",
}
#: What a client that was told of a change says about it.
_TOLD = re.compile(r"(?:^|&)flagConfigEtag=(?:%22)?([0-9a-f]{32})-([0-9]{1,18})")


@csrf_exempt
def view(request: HttpRequest, key: str | None = None) -> HttpResponse:
    """Answer for one flag or for all of them, and let browsers ask whether they may ask."""
    return preflight() if request.method == "OPTIONS" else _reply(request, key).as_response()


def reply(request: Asked) -> Reply:
    """Answer the same before Django (`kernel.serving.lane`)."""
    path: str = request.META["PATH_INFO"]
    return _reply(request, _key_of(path) if path.startswith(SINGLE) else None)


def preflight() -> HttpResponse:
    """Let pages of any site send a key: it is the key that says what it opens."""
    return HttpResponse(status=204, headers=ANYWHERE | _PREFLIGHT)


def quick(request: Asked) -> Reply | None:
    """Answer for one flag out of memory alone; None leaves it to `reply` (`kernel.serving.quick`).

    That is whatever would have to wait, and whatever is wrong.
    """
    visit = EvaluationVisit(request)
    if settings.REDIS_URL or not is_in_memory(visit.key):
        return None
    try:
        # Whoever guesses is counted once, by `reply`.
        opened_by(visit.key)
        reach = visit.reach()
        if not reach.is_in_memory():
            return None
        path: str = request.META["PATH_INFO"]
        answered = _single(request, reach, _key_of(path))
        answered.headers |= {"Cache-Control": "no-store", **visit.ended()}
    except (DomainError, ofrep.RequestError):
        return None
    if visit.public:
        answered.headers |= ANYWHERE
    return answered


def _key_of(path: str) -> str:
    # As PEP 3333 has it: bytes, written as Latin-1.
    return path[len(SINGLE) :].encode("latin-1").decode("utf-8", "replace")


def _reply(request: Asked, key: str | None) -> Reply:
    """Answer; whatever is wrong is said in OpenFeature's words."""
    visit = EvaluationVisit(request)
    try:
        if request.method != "POST":
            raise MethodNotAllowedError(f"{request.method} is not allowed here")
        reach = visit.reach()
        answered = _bulk(request, reach, visit) if key is None else _single(request, reach, key)
    except ofrep.RequestError as error:
        answered = Reply(ofrep.encode(error.body(key)), 400)
    except DomainError as error:
        if isinstance(error, Refused):
            record_refusal(request, [error])
        answered = refusal(error, key)
    answered.headers |= {"Cache-Control": "no-store", **visit.ended()}
    if visit.public:
        answered.headers |= ANYWHERE
    return answered


def refusal(error: DomainError, key: str | None = None) -> Reply:
    """Return what OFREP's clients read of an error that is none of an evaluation."""
    named = {} if key is None else {"key": key}
    body = {**named, "errorCode": "GENERAL", "errorDetails": f"{error.code}: {error}"}
    headers = {"Retry-After": str(error.retry_after_seconds)} if error.retryable else {}
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    # 404 means to clients that there is no such flag, and they have no 404 for all flags.
    return Reply(ofrep.encode(body), 400 if error.status == 404 else error.status, headers=headers)


def evaluated(snapshot: Snapshot, reach: Reach, context: Mapping[str, Any]) -> list[Evaluation]:
    """Answer for all flags that a credential may know of."""
    now = int(time.time())
    flags = snapshot.flags
    known = dict(context)
    found = [flags.evaluate(key, known, now=now) for key in keys_of(snapshot, reach)]
    note(snapshot, known, found, BULK_WAY)
    return found


def keys_of(snapshot: Snapshot, reach: Reach) -> list[str]:
    """Return the flags that a credential may know of."""
    visible = snapshot.client_visible
    return [key for key in snapshot.flags if not reach.public or key in visible]


def read(request: Asked) -> bytes:
    """Return the body; raises PayloadTooLargeError."""
    body = request.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        raise PayloadTooLargeError(f"a context has at most {MOST_BYTES} bytes")
    return body


def _single(request: Asked, reach: Reach, key: str) -> Reply:
    context = ofrep.read_context(read(request))
    snapshot = reach.snapshot()
    if reach.public and key not in snapshot.client_visible:
        found = failure(key, "FLAG_NOT_FOUND", f"there is no flag {key!r}")
    else:
        found = snapshot.flags.evaluate(key, context)
        note(snapshot, context, (found,), SINGLE_WAY)
    return Reply(ofrep.encode(ofrep.answer(found)), ofrep.status(found), headers=_about(snapshot))


def _bulk(request: Asked, reach: Reach, visit: EvaluationVisit) -> Reply:
    context = ofrep.read_context(read(request))
    snapshot = _as_told(request, reach.snapshot())
    keys = keys_of(snapshot, reach)
    visit.charge(1 + len(keys) // FLAGS_A_UNIT)
    token = stream_token(snapshot, reach.key_id)
    # What a client holds is good as long as the address of the stream in it.
    base = f"{tag_of(snapshot.environment_id, snapshot.revision)}.{len(keys)}.{token}"
    held = request.headers.get("If-None-Match", "")
    tag = ofrep.etag(snapshot.flags, context, base)
    if tag and held and ofrep.is_current(held, tag):
        return Reply(b"", 304, headers={"ETag": tag, **_about(snapshot)})
    found = evaluated(snapshot, reach, context)
    stream = {
        "type": "sse",
        "endpoint": {"requestUri": f"{EVENTS}?token={token}"},
        "inactivityDelaySec": INACTIVITY_SECONDS,
    }
    body = ofrep.encode(ofrep.bulk(found, _metadata(snapshot), [stream]))
    tag = tag or ofrep.etag_of(body)
    if held and ofrep.is_current(held, tag):
        return Reply(b"", 304, headers={"ETag": tag, **_about(snapshot)})
    return Reply(body, headers={"ETag": tag, **_about(snapshot)})


def _as_told(request: Asked, snapshot: Snapshot) -> Snapshot:
    """Return what is at least as new as what a stream has told this client of.

    It may have been another process that told it.
    """
    told = _TOLD.search(request.META.get("QUERY_STRING", ""))
    if (
        told
        and told[1] == snapshot.environment_id.hex
        and int(told[2]) > snapshot.revision
        and snapshot.stale_since is None
    ):
        with in_tenant(snapshot.tenant_id):
            return catch_up(snapshot.environment_id, snapshot.tenant_id)
    return snapshot


def _metadata(snapshot: Snapshot) -> dict[str, Any]:
    stale = snapshot.stale_since
    said = {"staleSince": stale.isoformat()} if stale else {}
    about = {"environment": snapshot.environment, "revision": snapshot.revision}
    return {**snapshot.flags.metadata, **about, **said}


def _about(snapshot: Snapshot) -> dict[str, str]:
    stale = snapshot.stale_since
    said = {"X-Septet-Stale-Since": stale.isoformat()} if stale else {}
    return {"X-Septet-Revision": str(snapshot.revision), **said}
