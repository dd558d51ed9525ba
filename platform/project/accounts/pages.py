"""What pages of people have in common: nobody's cache keeps them, and no link gives them away."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.module_loading import import_string

View = Callable[..., HttpResponseBase]


def later(view: str) -> View:
    """Return a view that is imported when it is first asked for.

    Passkeys alone take 0.15 s and 10 MB, which a process that signs nobody in need not have.
    """

    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase = import_string(view)(request, *args, **kwargs)
        return response

    return asked


def by_token(view: View) -> View:
    """Wrap a view whose address is a secret: the page tells it to nobody it leads to."""

    @wraps(view)
    def silent(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        response["Referrer-Policy"] = "no-referrer"
        return response

    return silent
