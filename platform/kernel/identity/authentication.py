"""From a request's credential to a principal."""

import hmac
import re
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware

from kernel import clock
from kernel.errors import ForbiddenError, UnauthenticatedError
from kernel.http import Asked
from kernel.identity.models import ApiKey, Membership
from kernel.identity.recent import recent_keys
from kernel.identity.service_tokens import verify_token
from kernel.identity.services import KEY_PREFIX, digest
from kernel.tenancy.context import Principal

#: How another service of the platform authenticates.
SERVICE_SCHEME = "Service "
_BEARER = re.compile(rf"(?i:bearer) {KEY_PREFIX}_(?P<id>[0-9a-f]{{16}})_(?P<secret>[0-9a-f]{{64}})")
#: How often at most a key's last use is written down.
LAST_USED_STEP = timedelta(minutes=1)
#: The session key that names the tenant a member of several is working in.
SESSION_TENANT = "tenant_id"


def authenticate(request: Asked) -> Principal | None:
    """Return who sends this request, or None when it carries no credential at all.

    Raises UnauthenticatedError for a credential that is wrong, without saying in which way,
    and ForbiddenError for a signed-in person without a tenant or without a CSRF token.
    """
    header = request.headers.get("Authorization", "")
    if header.startswith(SERVICE_SCHEME):
        return verify_token(settings.SERVICES, header.removeprefix(SERVICE_SCHEME))
    if header:
        return _by_key(header)
    if not isinstance(request, HttpRequest):
        return None
    user = getattr(request, "user", AnonymousUser())
    return _by_session(request, user) if isinstance(user, User) else None


def _by_key(header: str) -> Principal:
    match = _BEARER.fullmatch(header)
    if match is None:
        raise UnauthenticatedError("the credential is not a key of this platform")
    key = recent_keys.get(match["id"])
    now = clock.now()
    # The digest is compared in constant time even when there is no such key.
    stored = bytes(key.secret_sha256) if key else b""
    if (
        not hmac.compare_digest(stored, digest(match["secret"]))
        or not key
        or not key.usable_at(now)
    ):
        raise UnauthenticatedError("the key is unknown, expired or revoked")
    if key.last_used_at is None or now - key.last_used_at >= LAST_USED_STEP:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
        key.last_used_at = now
    return Principal(
        kind="key",
        id=key.pk,
        name=key.name,
        tenant_id=key.tenant_id,
        scopes=frozenset(key.scopes),
    )


def _by_session(request: HttpRequest, user: User) -> Principal:
    _refuse_cross_site(request)
    chosen = request.session.get(SESSION_TENANT)
    memberships = Membership.objects.filter(user=user, tenant__suspended_at=None)
    if chosen:
        memberships = memberships.filter(tenant_id=chosen)
    membership = memberships.order_by("tenant__slug").first()
    if membership is None:
        raise ForbiddenError(f"{user.get_username()} is no member of an active tenant")
    return Principal(
        kind="staff",
        id=str(user.pk),
        name=user.get_username(),
        tenant_id=membership.tenant_id,
        scopes=frozenset(membership.scopes),
    )


def _refuse_cross_site(request: HttpRequest) -> None:
    # A browser adds the session cookie by itself, so only the token proves that our page asked.
    guard = CsrfViewMiddleware(_answer_nothing)
    guard.process_request(request)
    if guard.process_view(request, _answer_nothing, (), {}) is not None:
        raise ForbiddenError("a signed-in request needs the X-CSRFToken header")


def _answer_nothing(_request: HttpRequest) -> HttpResponse:
    return HttpResponse()
