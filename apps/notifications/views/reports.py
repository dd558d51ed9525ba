"""Where those who carry messages tell what became of them.

Nobody is believed for a credential here: a callback shows the address that only its provider was
given, a report of a mail server the signature that the mail has carried.
"""

from collections.abc import Callable

import orjson
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from apps.notifications.domain.reports import MOST_BYTES
from apps.notifications.errors import CallbackRefusedError
from apps.notifications.selectors.links import Opened, opened_callback, opened_events
from apps.notifications.services.reports import take_callback, take_events, take_mail_report
from kernel.errors import (
    DomainError,
    InvalidInputError,
    MethodNotAllowedError,
    NotFoundError,
    PayloadTooLargeError,
)
from kernel.http import error_response
from kernel.origin import public_origin
from kernel.ratelimits.visit import charge_stranger
from kernel.tenancy.context import acting_as, in_tenant

_MOST_CALLBACK = 20_000
_MOST_FIELDS = 100


@csrf_exempt
def callback(request: HttpRequest, token: str) -> HttpResponse:
    """Take what a provider tells of one message; told again it changes nothing."""
    return _answered(request, lambda: _callback(request, token))


@csrf_exempt
def events(request: HttpRequest, token: str) -> HttpResponse:
    """Take what a service of mail tells of mails; told again it changes nothing."""
    return _answered(request, lambda: _events(request, token))


@csrf_exempt
def mail_report(request: HttpRequest) -> HttpResponse:
    """Take a report of a mail server, as the mail that it is: `message/rfc822`, at most 1 MB."""
    return _answered(request, lambda: take_mail_report(_body(request, MOST_BYTES)))


def _callback(request: HttpRequest, token: str) -> bool:
    _body(request, _MOST_CALLBACK)
    opened = _opened(opened_callback, token)
    form = {name: str(value) for name, value in _fields(request).items()}
    if len(form) > _MOST_FIELDS:
        raise InvalidInputError(f"at most {_MOST_FIELDS} fields")
    signature = request.headers.get("X-Twilio-Signature", "")
    with in_tenant(opened.tenant_id):
        return take_callback(opened, form, signature, f"{public_origin()}{request.get_full_path()}")


def _events(request: HttpRequest, token: str) -> bool:
    _body(request, MOST_BYTES)
    opened = _opened(opened_events, token)
    with in_tenant(opened.tenant_id):
        return take_events(opened.row_id, request) > 0


def _opened(opens: Callable[[str], Opened], token: str) -> Opened:
    try:
        return opens(token)
    except NotFoundError:
        raise CallbackRefusedError("the address was given to nobody") from None


def _fields(request: HttpRequest) -> dict[str, object]:
    if request.content_type != "application/json":
        return dict(request.POST.items())
    try:
        told = orjson.loads(request.body)
    except orjson.JSONDecodeError:
        raise InvalidInputError("this is no JSON") from None
    if not isinstance(told, dict):
        raise InvalidInputError("expected an object")
    return told


def _body(request: HttpRequest, most: int) -> bytes:
    length = request.headers.get("Content-Length", "")
    if length.isdecimal() and int(length) > most:
        raise PayloadTooLargeError(f"at most {most:,} bytes are read")
    body = request.body
    if len(body) > most:
        raise PayloadTooLargeError(f"at most {most:,} bytes are read")
    return body


def _answered(request: HttpRequest, take: Callable[[], bool]) -> HttpResponse:
    try:
        charge_stranger(request)
        if request.method != "POST":
            raise MethodNotAllowedError(f"{request.method} is not allowed here")
        with acting_as(None):
            changed = take()
    except DomainError as error:
        return error_response(error)
    response = HttpResponse(orjson.dumps({"changed": changed}), content_type="application/json")
    response["Cache-Control"] = "no-store"
    return response
