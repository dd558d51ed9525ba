"""Errors over HTTP in the one JSON form, with the status of their class."""

import re
from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse

from kernel.errors import DomainError, InvalidInputError, MethodNotAllowedError, NotFoundError
from kernel.masking import as_domain_error, describe
from kernel.observability.context import request_id

#: Paths for programs: every answer there is JSON.
_API_PATH = re.compile(r"^/(graphql$|[a-z]+/(graphql$|api/)|ofrep/|\.well-known/)")
_RETRY_AFTER_SECONDS = "5"


def error_response(error: DomainError) -> JsonResponse:
    """Return an error as HTTP: `{"errors": [{"message", "extensions": {"code", "id"}}]}`."""
    return _response(error.code, str(error), error.status, retryable=error.retryable)


class ErrorMiddleware:
    """Turns what views raise into answers; nothing of Python or the database gets out."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        if response.status_code not in {400, 404, 405} or not _wants_json(request, response):
            return response
        if response.status_code == 400:
            return error_response(
                InvalidInputError(
                    "Django refused the request; is its host missing in ALLOWED_HOSTS?"
                )
            )
        if response.status_code == 404:
            return error_response(NotFoundError(f"there is no {request.path}"))
        coded = error_response(MethodNotAllowedError(f"{request.method} is not allowed here"))
        if "Allow" in response.headers:
            coded["Allow"] = response["Allow"]
        return coded

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Http404):
            return None
        error = as_domain_error(exception)
        if error is not None:
            return error_response(error)
        if not _API_PATH.match(request.path):
            # Django's own page for people; its handler logs the traceback.
            return None
        code, message = describe(exception)
        return _response(code, message, 500)


def _wants_json(request: HttpRequest, response: HttpResponse) -> bool:
    is_json = response.headers.get("Content-Type", "").startswith("application/")
    return bool(_API_PATH.match(request.path)) and not is_json


def _response(code: str, message: str, status: int, *, retryable: bool = False) -> JsonResponse:
    extensions = {"code": code, "id": request_id()}
    response = JsonResponse(
        {"errors": [{"message": message, "extensions": extensions}]}, status=status
    )
    response["Cache-Control"] = "no-store"
    if retryable:
        response["Retry-After"] = _RETRY_AFTER_SECONDS
    if status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response
