"""What is ours in allauth's sign-in: who is counted, which tenant one works in, where one lands."""

import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

from contracts.identity import SignedIn, SignInFailed
from kernel.client_address import client_address
from kernel.events.publishing import publish
from kernel.identity.lockouts import forget_attempts, try_name
from kernel.identity.sessions import end_sessions, sessions_of
from kernel.secrets.authenticators import seal_authenticator, unseal_authenticator
from project.accounts.tenants import work_in_a_tenant

logger = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    """Sign-in by user name or e-mail address; nobody signs up by themselves."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request) or "unknown"

    def is_safe_url(self, url: str) -> bool:
        """Allow a way on within this site only; allauth's would take any host of ours."""
        host = self.request.get_host()
        secure = self.request.is_secure()
        return url_has_allowed_host_and_scheme(url, {host}, require_https=secure)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        if not try_name(_name_in(credentials), client_address(request)):
            raise self.validation_error("too_many_login_attempts")

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        user = super().authenticate(request, **credentials)
        if user is not None:
            forget_attempts(_name_in(credentials))
        return user

    @transaction.atomic
    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        publish(
            SignInFailed(
                username=_name_in(credentials)[:150] or "-",
                reason="wrong name or password",
                ip_address=client_address(request),
            )
        )

    @transaction.atomic
    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """Begin a session under a new key, in a tenant of the person's."""
        super().login(request, user)
        membership = work_in_a_tenant(request)
        publish(
            SignedIn(
                user_id=str(user.pk),
                username=user.get_username(),
                methods=tuple(step["method"] for step in get_authentication_records(request, user)),
                ip_address=client_address(request),
            ),
            tenant_id=membership.tenant_id if membership else None,
        )

    @transaction.atomic
    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        """Set it and end every session; the one in which it was changed gets a new key."""
        super().set_password(user, password)
        if isinstance(user, User):
            end_sessions(sessions_of(user), reason="password_changed")
            forget_attempts(user.username, user.email)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail; one that cannot be sent is logged, and tells nobody who is known here."""
        try:
            super().send_mail(template_prefix, email, context)
        except OSError:
            logger.exception("%s could not be sent", template_prefix)


class SecondFactorAdapter(DefaultMFAAdapter):
    """Second factors, whose seeds are encrypted in the database."""

    def encrypt(self, text: str) -> str:
        return seal_authenticator(text)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal_authenticator(encrypted_text)


def _name_in(credentials: dict[str, Any]) -> str:
    return str(credentials.get("email") or credentials.get("username") or "")
