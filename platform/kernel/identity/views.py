"""What anybody may read of a process: the keys by which its signatures are verified."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from kernel.identity.service_keys import keyring

#: How long a cache on the way may keep the keys, in seconds; far less than a new one is ahead.
MAX_AGE_SECONDS = 60


@require_safe
def jwks(_request: HttpRequest) -> HttpResponse:
    """Return the public keys of this process (RFC 7517)."""
    response = JsonResponse(keyring().jwks(), content_type="application/jwk-set+json")
    response["Cache-Control"] = f"public, max-age={MAX_AGE_SECONDS}"
    return response
