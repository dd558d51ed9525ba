"""Values over HTTP: all of a place in one of four formats, and single ones to read and change.

The ETag of all is a hash of what is answered. That of a single value begins with the number of its
version in the place: `If-Match` compares that, so nobody's change is lost.
"""

import hashlib
import re
from collections.abc import Callable, Mapping

import orjson
from django.http import HttpRequest, HttpResponse

from apps.config.domain.configuration.layering import Layer
from apps.config.domain.configuration.rendering import (
    CollisionError,
    to_env,
    to_json,
    to_properties,
    to_yaml,
)
from apps.config.domain.configuration.values import LIMITS
from apps.config.errors import ChangedMeanwhileError, NotAcceptableError
from apps.config.selectors.configurations import Held, Snapshot, snapshots, values_in
from apps.config.selectors.places import Place, checked_instance, place_at
from apps.config.services.values import Saying, say
from apps.config.services.watching import change_event, watch
from kernel.errors import (
    ConflictError,
    InvalidInputError,
    MethodNotAllowedError,
    NotFoundError,
    PayloadTooLargeError,
)
from kernel.ratelimits.views import for_programs
from kernel.streams import StreamEvent, broadcaster, stream, wait
from kernel.tenancy.context import acting_principal, require

Render = Callable[[Mapping[str, object]], bytes]

#: By suffix: the media type, and what writes it.
FORMATS: dict[str, tuple[str, Render]] = {
    "json": ("application/json", to_json),
    "yaml": ("application/yaml", to_yaml),
    "env": ("text/plain", to_env),
    "properties": ("text/x-java-properties", to_properties),
}
_BY_TYPE = {media: suffix for suffix, (media, _) in FORMATS.items()} | {
    "*/*": "json",
    "application/*": "json",
    "application/x-yaml": "yaml",
    "text/yaml": "yaml",
    "text/*": "env",
}
_TAG = re.compile(r'"([0-9]{1,9})(?:-[0-9a-f]{16})?"')
#: A longer wait is cut to this.
LONGEST_WAIT_SECONDS = 55.0

REVISION = "Septet-Revision"
#: Of a value that is on its way: to how many, and whether to who asks.
DEPLOYING = "Septet-Deploying"
_REACHED = {True: "reached", False: "not reached"}
STALE = "Septet-Stale-Since"


@for_programs
def values(request: HttpRequest, environment: str) -> HttpResponse:
    """Answer with everything that holds in an environment, or there for `?service=`.

    The format is that of the suffix, else the first of `Accept` that there is. Secrets that are
    kept encrypted are left out. With `?after=<revision>` only what is newer is answered, else 304;
    with `&wait=<seconds>` that is kept back until there is something newer.
    """
    if request.method not in ("GET", "HEAD"):
        raise MethodNotAllowedError(f"{request.method} is not allowed here")
    require("config:read")
    environment, suffix = _format(environment, request.headers.get("Accept", ""))
    place, seconds = _place(request, environment), _wait(request)
    position = broadcaster.position()
    found = snapshots.get(place, _instance(request))
    if _known(request, found):
        response = _headed(HttpResponse(status=304), found)
        if not seconds:
            return response
        topic = watch.seen(place, found.revision)
        return wait(response, topic, tenant_id=place.tenant_id, position=position, seconds=seconds)
    media, render = FORMATS[suffix]
    try:
        body = render(found.values)
    except CollisionError as error:
        raise ConflictError(str(error)) from None
    return _unless_known(request, HttpResponse(body, content_type=media), found, _hash(body))


@for_programs
def changes(request: HttpRequest, environment: str) -> HttpResponse:
    """Tell each revision of an environment as a server-sent event, from `?after=` on.

    Who comes again says in `Last-Event-ID` what was heard last. Changes that come quickly are told
    together, by the last revision.
    """
    if request.method != "GET":
        raise MethodNotAllowedError(f"{request.method} is not allowed here")
    require("config:read")
    place = _place(request, environment)
    position = broadcaster.position()
    found = snapshots.get(place)
    heard = request.headers.get("Last-Event-ID") or request.GET.get("after")
    beginning: tuple[StreamEvent, ...] = ()
    if heard is None or found.revision > _revision("after", heard):
        beginning = (change_event(found.revision),)
    return stream(
        watch.seen(place, found.revision),
        tenant_id=place.tenant_id,
        position=position,
        beginning=beginning,
        seen=str(found.revision),
        key=_key(),
    )


@for_programs
def value(request: HttpRequest, environment: str, key: str) -> HttpResponse:
    """Read what holds of one key, say another value (PUT, the body is its JSON), or say nothing.

    `If-Match` takes the ETag that was read, or `*` where something has to be said already;
    `If-None-Match: *` takes a place in which nothing is said. Refused, it is 412.
    """
    match request.method:
        case "GET" | "HEAD":
            require("config:read")
            return _read(request, _place(request, environment), key)
        case "PUT" | "DELETE":
            require("config:write")
            return _said(request, _place(request, environment), key)
        case other:
            raise MethodNotAllowedError(f"{other} is not allowed here")


def _read(request: HttpRequest, place: Place, key: str) -> HttpResponse:
    found = snapshots.get(place, _instance(request))
    held = found.held.get(key)
    if held is None or held.encrypted:
        raise NotFoundError(f"nothing that can be shown is said of {key[:200]!r}")
    body = orjson.dumps(held.resolved.value)
    response = HttpResponse(body, content_type="application/json")
    response["Septet-Origin"] = str(held.resolved.origin)
    if held.deploying is not None:
        response[DEPLOYING] = f"{held.deploying.percent:g}%; {_REACHED[held.deployed]}"
    return _unless_known(request, response, found, _tag_of(held, body))


def _said(request: HttpRequest, place: Place, key: str) -> HttpResponse:
    text = None if request.method == "DELETE" else _body(request)
    saying = Saying(key=key, value=text, base=_base(request, place, key))
    try:
        published = say(place, [saying], reason=request.headers.get("Septet-Reason", ""))
    except ConflictError as error:
        raise ChangedMeanwhileError(str(error)) from None
    response = HttpResponse(status=204)
    [version] = published.versions
    number = version.number if version else _number(place, key)
    response["ETag"] = f'"{number}"'
    response[REVISION] = str(published.revision)
    return response


def _body(request: HttpRequest) -> str:
    body = request.read(LIMITS.definition_bytes + 1)
    if len(body) > LIMITS.definition_bytes:
        raise PayloadTooLargeError(f"a value has at most {LIMITS.definition_bytes} bytes")
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise InvalidInputError("a value is JSON in UTF-8") from None


def _base(request: HttpRequest, place: Place, key: str) -> int | None:
    """Return the number of the version that the place has to be at; None for any."""
    match, none_match = request.headers.get("If-Match"), request.headers.get("If-None-Match")
    if match is None:
        if none_match not in (None, "*"):
            raise InvalidInputError("If-None-Match is * here")
        return None if none_match is None else _unsaid(place, key)
    if match == "*":
        number = _number(place, key)
        if not number:
            raise ChangedMeanwhileError(f"nothing is said of {key[:200]!r} here")
        return number
    found = _TAG.fullmatch(match.removeprefix("W/"))
    if found is None:
        raise InvalidInputError("If-Match is the ETag that was read, or *")
    return int(found[1])


def _unsaid(place: Place, key: str) -> int:
    row = values_in(place, [key]).get(key)
    if row is not None and (row.value or row.sealed):
        raise ChangedMeanwhileError(f"something is said of {key[:200]!r} here")
    return row.number if row else 0


def _number(place: Place, key: str) -> int:
    row = values_in(place, [key]).get(key)
    return row.number if row else 0


def _place(request: HttpRequest, environment: str) -> Place:
    service = request.GET.get("service", "")
    return place_at(Layer.SERVICE if service else Layer.TENANT, environment, service)


def _key() -> str:
    principal = acting_principal()
    return principal.id if principal is not None and principal.kind == "key" else ""


def _instance(request: HttpRequest) -> str:
    return checked_instance(request.headers.get("Septet-Instance", ""))


def _format(environment: str, accept: str) -> tuple[str, str]:
    name, _, suffix = environment.rpartition(".")
    suffix = "yaml" if suffix == "yml" else suffix
    if name and suffix in FORMATS:
        return name, suffix
    asked = [one.partition(";")[0].strip().lower() for one in accept[:1_000].split(",")]
    if asked in ([""], []):
        return environment, "json"
    for one in asked:
        if one in _BY_TYPE:
            return environment, _BY_TYPE[one]
    raise NotAcceptableError(
        f"Accept is one of {', '.join(media for media, _ in FORMATS.values())}"
    )


def _known(request: HttpRequest, found: Snapshot) -> bool:
    """Say whether the caller has this revision already."""
    text = request.GET.get("after")
    return text is not None and found.revision <= _revision("after", text)


def _revision(name: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 20):
        raise InvalidInputError(f"{name} is a whole number, found {text[:40]!r}")
    return int(text)


def _wait(request: HttpRequest) -> float:
    seconds = _revision("wait", request.GET.get("wait", "0"))
    return min(float(seconds), LONGEST_WAIT_SECONDS)


def _unless_known(
    request: HttpRequest, response: HttpResponse, found: Snapshot, tag: str
) -> HttpResponse:
    asked = {one.strip() for one in request.headers.get("If-None-Match", "").split(",")}
    if tag in asked or f"W/{tag}" in asked:
        response = HttpResponse(status=304)
    response["ETag"] = tag
    return _headed(response, found)


def _headed(response: HttpResponse, found: Snapshot) -> HttpResponse:
    response[REVISION] = str(found.revision)
    response["Cache-Control"] = "private, no-cache"
    response["Vary"] = "Accept, Authorization, Cookie, Septet-Instance"
    if found.stale_since is not None:
        response[STALE] = found.stale_since.isoformat()
    return response


def _tag_of(held: Held, body: bytes) -> str:
    return f'"{held.number}-{hashlib.sha256(body).hexdigest()[:16]}"'


def _hash(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'
