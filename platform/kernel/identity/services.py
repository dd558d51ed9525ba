"""Tenants and keys: made, issued, revoked."""

import hashlib
import secrets
from datetime import datetime

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from kernel import clock
from kernel.errors import ConflictError, InvalidInputError, NotFoundError
from kernel.identity.models import ApiKey, Membership, Tenant, check_scopes
from kernel.identity.recent import recent_keys

KEY_PREFIX = "septet"


def create_tenant(*, slug: str, name: str) -> Tenant:
    """Make a tenant; raises ConflictError when the slug is taken."""
    try:
        with transaction.atomic():
            return Tenant.objects.create(slug=slug, name=name)
    except IntegrityError:
        raise ConflictError(f"there is a tenant {slug} already") from None


def issue_key(
    *, tenant: Tenant, name: str, scopes: list[str], expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """Make a key and return it with its secret text, which can never be read again."""
    try:
        check_scopes(scopes)
    except ValidationError as error:
        raise InvalidInputError(error.message) from None
    key_id, secret = secrets.token_hex(8), secrets.token_hex(32)
    key = ApiKey.objects.create(
        id=key_id,
        tenant=tenant,
        name=name,
        secret_sha256=digest(secret),
        scopes=scopes,
        expires_at=expires_at,
    )
    return key, f"{KEY_PREFIX}_{key_id}_{secret}"


@transaction.atomic
def revoke_key(*, key_id: str) -> ApiKey:
    """Close a key for ever. Telling it twice changes nothing."""
    try:
        key = ApiKey.objects.select_for_update().get(pk=key_id)
    except ApiKey.DoesNotExist:
        raise NotFoundError(f"no API key {key_id}") from None
    if key.revoked_at is None:
        key.revoked_at = clock.now()
        key.save(update_fields=["revoked_at"])
        recent_keys.forget(key_id)
    return key


def admit(*, user: User, tenant: Tenant, scopes: list[str]) -> Membership:
    """Let a person act in a tenant with these scopes, in place of any they had there."""
    membership, _ = Membership.objects.update_or_create(
        user=user, tenant=tenant, defaults={"scopes": scopes}
    )
    return membership


def digest(secret: str) -> bytes:
    """Return what is stored of a secret. It is random, so a fast hash is enough."""
    return hashlib.sha256(secret.encode()).digest()
