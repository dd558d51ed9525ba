"""Somebody's browser, subscribed to pushes by the inbox in it; and the script that shows them."""

from pathlib import Path

import orjson
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from apps.notifications.selectors.links import Opened
from apps.notifications.selectors.providers import push_key
from apps.notifications.services.devices import BROWSER, forget_address, register_device
from apps.notifications.views.inbox import as_json, by_token, require_inbox
from kernel.errors import InvalidInputError

_SCRIPT = "notifications/push-worker.js"
#: It shows what it is given, and asks nobody for more.
_POLICY = "default-src 'none'; frame-ancestors 'none'"


@by_token(("GET",))
def key(_request: HttpRequest, opened: Opened) -> HttpResponse:
    """Answer with the key by which browsers subscribe now; null where no push goes out."""
    require_inbox(opened)
    return as_json({"publicKey": push_key() or None})


@by_token(("POST",))
def devices(request: HttpRequest, opened: Opened) -> HttpResponse:
    """Register a browser, or forget it: `subscription` is its PushSubscription as JSON."""
    require_inbox(opened)
    endpoint, keys = _subscription(request.POST.get("subscription", ""))
    person = str(opened.row_id)
    if request.POST.get("verb") == "forget":
        return as_json({"forgotten": forget_address(person, BROWSER, endpoint)})
    register_device(
        subscriber_id=person,
        kind=BROWSER,
        address=endpoint,
        keys=keys,
        public_key=request.POST.get("key", ""),
        label=request.headers.get("User-Agent", ""),
    )
    return as_json({"registered": True})


@require_safe
def worker(_request: HttpRequest) -> HttpResponse:
    """Answer with the service worker; what it may control is below `/notifications/`, no page."""
    script = Path(str(finders.find(_SCRIPT))).read_bytes()
    response = HttpResponse(script, content_type="text/javascript; charset=utf-8")
    response["Content-Security-Policy"] = _POLICY
    # Browsers ask again for each page anyway; what is kept would keep a mended script away.
    response["Cache-Control"] = "no-cache"
    return response


def _subscription(text: str) -> tuple[str, dict[str, str]]:
    try:
        told = orjson.loads(text)
        endpoint, keys = told["endpoint"], told.get("keys") or {}
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        raise InvalidInputError("subscription is the JSON of a PushSubscription") from None
    if not isinstance(endpoint, str) or not isinstance(keys, dict):
        raise InvalidInputError("subscription is the JSON of a PushSubscription")
    return endpoint, keys
