"""What pages of other origins may do here: upload and download by their scripts (CORS)."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse

from apps.files.conf import origins
from apps.files.domain import resumable, tus

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

_REQUEST = ", ".join(
    (
        *tus.REQUEST_HEADERS,
        *resumable.REQUEST_HEADERS,
        "Range",
        "If-Range",
        "If-Match",
        "If-None-Match",
        "Content-Digest",
        "Want-Content-Digest",
        "Want-Repr-Digest",
    )
)
_RESPONSE = ", ".join(
    (
        *tus.RESPONSE_HEADERS,
        *resumable.RESPONSE_HEADERS,
        "ETag",
        "Content-Range",
        "Content-Disposition",
        "Content-Digest",
        "Repr-Digest",
    )
)


def cross_origin(*methods: str) -> Callable[[View[P]], View[P]]:
    """Let scripts of FILES_ORIGINS use a view by these methods, and answer their questions."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            response = view(request, *args, **kwargs)
            origin = request.headers.get("Origin", "")
            response["Vary"] = "Origin"
            if origin in origins():
                response["Access-Control-Allow-Origin"] = origin
                response["Access-Control-Expose-Headers"] = _RESPONSE
                response["Cross-Origin-Resource-Policy"] = "cross-origin"
                if request.method == "OPTIONS":
                    response["Access-Control-Allow-Methods"] = ", ".join(methods)
                    response["Access-Control-Allow-Headers"] = _REQUEST
                    response["Access-Control-Max-Age"] = "86400"
            return response

        return answer

    return decorate
