"""Another service of the platform, in tests: it signs each request that it sends."""

import json
from typing import Any

from kernel.identity.service_tokens import Request, issue_token
from kernel.tenancy.context import Principal


def signed_request(
    principal: Principal, path: str, body: Any, *, audience: str = ""
) -> tuple[bytes, dict[str, str]]:
    """Return the bytes and the headers of a POST for this principal.

    It is signed for the service that the path names, unless an audience is said.
    """
    sent = json.dumps(body).encode()
    audience = audience or path.split("/")[1]
    token = issue_token(audience, principal, Request("POST", path, sent))
    return sent, {"Authorization": f"Service {token}"}
