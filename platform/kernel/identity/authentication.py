"""From a request's credential to a principal."""

import hmac
import re
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware

from kernel import clock
from kernel.http import Asked
from kernel.identity.keys import PREFIX, KeyText, digest
from kernel.identity.last_used import last_uses
from kernel.identity.models import ApiKey, Membership, TenantState
from kernel.identity.reasons import CredentialRefusedError, Reason, SessionRefusedError
from kernel.identity.recent import recent_keys
from kernel.identity.recent_sessions import recent_sessions
from kernel.identity.service_tokens import Request, verify_service_token
from kernel.identity.user_tokens import verify_user_token
from kernel.tenancy.context import Principal

#: How another service of the platform authenticates.
SERVICE_SCHEME = "Service "
_BEARER = re.compile("(?i:bearer) (?P<text>[!-~]+)")
#: The session key that names the tenant a member of several is working in.
SESSION_TENANT = "tenant_id"


def authenticate(request: Asked, body: bytes = b"") -> Principal | None:
    """Return who sends this request, or None when it carries no credential at all.

    The body is what was read of the request: a service's token is bound to it. Nothing else of the
    request is believed, whatever a gateway may have added to it.

    Raises CredentialRefusedError for a credential that is not good, without telling the caller in
    which way, and SessionRefusedError for a signed-in person without a tenant or a CSRF token.
    """
    header = request.headers.get("Authorization", "")
    if header.startswith(SERVICE_SCHEME):
        return verify_service_token(header.removeprefix(SERVICE_SCHEME), _bound(request, body))
    if header:
        return by_bearer(header)
    if not isinstance(request, HttpRequest):
        return None
    user = getattr(request, "user", AnonymousUser())
    return _by_session(request, user) if isinstance(user, User) else None


def _bound(request: Asked, body: bytes) -> Request:
    path, query = request.META["PATH_INFO"], request.META.get("QUERY_STRING", "")
    return Request(request.method or "", f"{path}?{query}" if query else path, body)


def by_bearer(header: str) -> Principal:
    """Return whose key or token this is, as `authenticate` reads it; raises as that does."""
    match = _BEARER.fullmatch(header)
    if match is None:
        raise CredentialRefusedError(Reason.MALFORMED, "expected `Bearer <key or token>`")
    text = match["text"]
    if text.startswith(f"{PREFIX}_"):
        return _by_key(text)
    return verify_user_token(text)


def _by_key(given: str) -> Principal:
    text = KeyText.read(given, settings.KEY_ENVIRONMENT)
    key = recent_keys.get(text.id)
    now = clock.now()
    if not _opens(key, text.secret, now) or not key or not key.usable_at(now):
        raise _refusal(key, text, now)
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


def _refusal(key: ApiKey | None, text: KeyText, now: datetime) -> CredentialRefusedError:
    """Return why a key does not open; its owner and its state are told to nobody without it."""
    if key is None or not _opens(key, text.secret, now):
        known = "no key has this id" if key is None else "the key of this id has another secret"
        return CredentialRefusedError(Reason.UNKNOWN_KEY, known, credential=f"key {text.id}")
    if key.revoked_at is not None:
        reason, detail = Reason.REVOKED, f"revoked at {key.revoked_at:%Y-%m-%d %H:%M:%S}"
    elif key.expires_at is not None and key.expires_at <= now:
        reason, detail = Reason.EXPIRED, f"expired at {key.expires_at:%Y-%m-%d %H:%M:%S}"
    elif key.tenant.state != TenantState.ACTIVE:
        reason, detail = Reason.TENANT_SUSPENDED, f"tenant {key.tenant.slug} is {key.tenant.state}"
    else:
        reason, detail = Reason.OWNER_DISABLED, f"owner {key.membership or key.service_account}"
    return CredentialRefusedError(
        reason, detail, credential=f"key {key.pk} {key.name}", tenant_id=key.tenant_id
    )


def _by_session(request: HttpRequest, user: User) -> Principal:
    _refuse_cross_site(request)
    membership = recent_sessions.membership(user.pk, request.session.get(SESSION_TENANT))
    if membership is None:
        raise SessionRefusedError(
            Reason.NO_MEMBERSHIP, f"{user.get_username()} is no member of an active tenant"
        )
    return principal_of(membership, user)


def principal_of(membership: Membership, user: User) -> Principal:
    """Return a signed-in member as who acts."""
    return Principal(
        kind="staff" if user.is_staff else "member",
        id=str(user.pk),
        name=user.get_username(),
        tenant_id=membership.tenant_id,
        scopes=membership.effective_scopes,
    )


def _refuse_cross_site(request: HttpRequest) -> None:
    # A browser adds the session cookie by itself, so only the token proves that our page asked.
    guard = CsrfViewMiddleware(_answer_nothing)
    guard.process_request(request)
    if guard.process_view(request, _answer_nothing, (), {}) is not None:
        raise SessionRefusedError(
            Reason.CROSS_SITE, "a signed-in request needs the X-CSRFToken header"
        )


def _answer_nothing(_request: HttpRequest) -> HttpResponse:
    return HttpResponse()
