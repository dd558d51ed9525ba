"""From a request's credential to a principal."""

import hmac
import re
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware

from kernel import clock
from kernel.errors import ForbiddenError, UnauthenticatedError
from kernel.http import Asked
from kernel.identity.keys import KeyText, digest
from kernel.identity.last_used import last_uses
from kernel.identity.models import ApiKey, Membership, Tenant
from kernel.identity.recent import recent_keys
from kernel.identity.service_tokens import verify_token
from kernel.tenancy.context import Principal

#: How another service of the platform authenticates.
SERVICE_SCHEME = "Service "
_BEARER = re.compile("(?i:bearer) (?P<key>.*)", re.DOTALL)
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
    text = KeyText.read(match["key"], settings.KEY_ENVIRONMENT)
    key = recent_keys.get(text.id)
    now = clock.now()
    if not _opens(key, text.secret, now) or not key or not key.usable_at(now):
        raise UnauthenticatedError("the key is unknown, expired or revoked")
    last_uses.note(key, now)
    return Principal(
        kind="key",
        id=key.pk,
        name=key.name,
        tenant_id=key.tenant_id,
        scopes=key.effective_scopes,
    )


def _opens(key: ApiKey | None, secret: str, now: datetime) -> bool:
    """Compare with the key's secret, and with the one before it while that is good.

    In constant time, even when there is no such key.
    """
    given = digest(secret)
    newest = bytes(key.secret_sha256) if key else b""
    former = b""
    if key and key.previous_sha256 and key.previous_until and now < key.previous_until:
        former = bytes(key.previous_sha256)
    return hmac.compare_digest(newest, given) | hmac.compare_digest(former, given)


def _by_session(request: HttpRequest, user: User) -> Principal:
    _refuse_cross_site(request)
    chosen = request.session.get(SESSION_TENANT)
    memberships = Membership.objects.filter(user=user, tenant__in=Tenant.objects.active())
    if chosen:
        memberships = memberships.filter(tenant_id=chosen)
    membership = memberships.select_related("user").order_by("tenant__slug").first()
    if membership is None:
        raise ForbiddenError(f"{user.get_username()} is no member of an active tenant")
    return principal_of(membership)


def principal_of(membership: Membership) -> Principal:
    """Return a signed-in member as who acts."""
    return Principal(
        kind="staff",
        id=str(membership.user_id),
        name=membership.user.get_username(),
        tenant_id=membership.tenant_id,
        scopes=membership.effective_scopes,
    )


def _refuse_cross_site(request: HttpRequest) -> None:
    # A browser adds the session cookie by itself, so only the token proves that our page asked.
    guard = CsrfViewMiddleware(_answer_nothing)
    guard.process_request(request)
    if guard.process_view(request, _answer_nothing, (), {}) is not None:
        raise ForbiddenError("a signed-in request needs the X-CSRFToken header")


def _answer_nothing(_request: HttpRequest) -> HttpResponse:
    return HttpResponse()
