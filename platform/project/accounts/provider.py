"""People who sign in at an identity provider: who may, and what their groups make of them here."""

import logging
from collections.abc import Collection
from typing import Any

from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from kernel.errors import ConflictError
from kernel.identity.models import Membership, Tenant
from kernel.identity.scopes import Role
from kernel.identity.services import admit, remove_member
from project.accounts.duties import TARGETS

logger = logging.getLogger(__name__)

STAFF, SUPERUSER = "staff", "superuser"


class ProviderAdapter(DefaultSocialAccountAdapter):
    """The provider says who somebody is and in which groups; here is what follows from that."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Let a new person in whose address is verified and whose groups mean something here."""
        verified = any(address.verified for address in sociallogin.email_addresses)
        return verified and not settings.OIDC_GROUPS.keys().isdisjoint(groups_in(sociallogin))

    def populate_user(
        self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]
    ) -> User:
        user: User = super().populate_user(request, sociallogin, data)
        user.username = user.email
        return user

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        if sociallogin.is_existing:
            apply_groups(sociallogin.user, groups_in(sociallogin))

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        logger.warning("sign-in at %s failed: %s", settings.OIDC_ISSUER, exception or error)

    @transaction.atomic
    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> User:
        user: User = super().save_user(request, sociallogin, form)
        apply_groups(user, groups_in(sociallogin))
        return user


def groups_in(sociallogin: SocialLogin) -> list[str]:
    """Return the groups that the provider tells, in the identity token or as user info."""
    told = sociallogin.account.extra_data
    claims = {**told.get("id_token", {}), **told.get("userinfo", {})}
    groups = claims.get(settings.OIDC_GROUPS_CLAIM, [])
    return [groups] if isinstance(groups, str) else [str(group) for group in groups]


@transaction.atomic
def apply_groups(user: User, groups: Collection[str]) -> None:
    """Make of a person what their groups say, and no longer what they do not say any more.

    What no group is mapped to stays as it is: being staff, and each tenant.
    """
    mapped = set(settings.OIDC_GROUPS.values())
    granted = {settings.OIDC_GROUPS[group] for group in groups if group in settings.OIDC_GROUPS}
    duties = mapped & TARGETS.keys()
    if mapped & {STAFF, SUPERUSER} or duties:
        user.is_superuser = SUPERUSER in granted
        user.is_staff = bool(granted & ({STAFF, SUPERUSER} | duties))
        user.save(update_fields=["is_superuser", "is_staff"])
    user.groups.remove(*_groups_of(duties - granted))
    user.groups.add(*_groups_of(duties & granted))
    for slug in sorted({one.partition(":")[0] for one in mapped - duties if ":" in one}):
        roles = [role for role in Role if f"{slug}:{role}" in granted]
        tenant = Tenant.objects.active().filter(slug=slug).first()
        if tenant is None:
            logger.warning("OIDC_GROUPS names the tenant %s, and there is no open one", slug)
            continue
        _apply_roles(user, tenant, roles)


def _groups_of(duties: Collection[str]) -> QuerySet[Group]:
    return Group.objects.filter(name__in=[TARGETS[one] for one in duties])


def _apply_roles(user: User, tenant: Tenant, roles: list[Role]) -> None:
    membership = Membership.objects.filter(user=user, tenant=tenant).first()
    try:
        if roles:
            # The roles are listed from the strongest on.
            extra = membership.extra_scopes if membership else []
            admit(user=user, tenant=tenant, role=roles[0], extra_scopes=extra)
        elif membership is not None:
            remove_member(membership=membership)
    except ConflictError as error:
        logger.warning("%s stays in %s: %s", user, tenant, error)
