"""Headers that tell a browser what it may do with an answer: as little as it needs."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

POLICY = "Content-Security-Policy"

#: A page runs and loads what this process serves, and nothing that is written into the page.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self';"
    " object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
#: What is no page is data: opened by itself it does nothing, and nobody puts it into a frame.
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
#: Only our own pages may use an answer.
RESOURCE_POLICY = "same-origin"
#: Abilities of a browser that no page of ours uses. Passkeys and writing to the clipboard are not
#: among them.
PERMISSIONS = ", ".join(
    f"{ability}=()"
    for ability in (
        "accelerometer",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "hid",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "serial",
        "usb",
    )
)
#: All of it for an answer to a program that no middleware sees.
FOR_PROGRAMS = (
    (POLICY, DATA_POLICY),
    ("Cross-Origin-Resource-Policy", RESOURCE_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("X-Frame-Options", "DENY"),
)


class SecurityHeadersMiddleware:
    """Gives every answer a policy, unless its view gave it one.

    Django's own middlewares add the rest: HSTS, nosniff, the referrer and the opener policy.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        headers = response.headers
        is_page = headers.get("Content-Type", "").startswith("text/html")
        if POLICY not in headers:
            headers[POLICY] = PAGE_POLICY if is_page else DATA_POLICY
        if is_page:
            headers["Permissions-Policy"] = PERMISSIONS
        headers.setdefault("Cross-Origin-Resource-Policy", RESOURCE_POLICY)
        return response


def transport_security() -> str:
    """Return what `Strict-Transport-Security` says to who came by HTTPS; nothing without it."""
    if not settings.SECURE_HSTS_SECONDS:
        return ""
    said = [f"max-age={settings.SECURE_HSTS_SECONDS}"]
    said += ["includeSubDomains"] if settings.SECURE_HSTS_INCLUDE_SUBDOMAINS else []
    said += ["preload"] if settings.SECURE_HSTS_PRELOAD else []
    return "; ".join(said)


def came_by_https(environ: dict[str, Any]) -> bool:
    """Say whether the proxy in front, if there is one to be believed, was asked by HTTPS."""
    if settings.SECURE_PROXY_SSL_HEADER is None:
        return False
    name, value = settings.SECURE_PROXY_SSL_HEADER
    said: str = environ.get(name, "")
    return said.partition(",")[0].strip() == value
