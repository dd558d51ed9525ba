"""One request to another service over HTTP, as somebody, by a token that is good for it alone."""

from collections.abc import Mapping
from dataclasses import dataclass

import urllib3
from django.conf import settings

from kernel.errors import UnavailableError
from kernel.identity.service_tokens import Request, issue_token
from kernel.tenancy.context import Principal

_http = urllib3.PoolManager(maxsize=8, retries=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """What a service answered, whatever that is."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def call(
    service: str,
    method: str,
    path: str,
    *,
    principal: Principal,
    seconds: float,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
) -> Called:
    """Send a request to where SERVICE_URLS says, connecting included within so many seconds.

    Raises UnavailableError without an answer.
    """
    token = issue_token(service, principal, Request(method, path, body))
    try:
        response = _http.request(
            method,
            settings.SERVICE_URLS[service] + path,
            body=body or None,
            headers={
                "Authorization": f"Service {token}",
                "Content-Type": "application/json",
                **(headers or {}),
            },
            timeout=urllib3.Timeout(total=seconds),
        )
    except urllib3.exceptions.HTTPError as error:
        raise UnavailableError(f"{service} gives no answer: {type(error).__name__}") from None
    return Called(status=response.status, headers=response.headers, body=response.data)
