"""Who is acting, and for which tenant: set once at the edge, read by managers and services."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal, TypeAlias

from kernel.errors import ForbiddenError, UnauthenticatedError

ALL_SCOPES = "*"
#: Stands in an audit log for what concerns no tenant, such as a change of staff's own accounts.
PLATFORM = uuid.UUID(int=0)
#: What is told to somebody who sends none.
NO_CREDENTIAL = "send `Authorization: Bearer <key or token>`, or sign in"

#: Who somebody is: a program with a key, a member who signed in, one who is the platform's staff as
#: well, a person with an issuer's token, a service on its own behalf, or our own work.
Kind: TypeAlias = Literal["key", "member", "staff", "user", "service", "system"]


class TenantRequiredError(RuntimeError):
    """Code asked for a tenant's rows outside any tenant: a fault of ours, never of the caller."""


class ScopeRequiredError(ForbiddenError):
    """The credential is good, but lacks the scope of what was asked for."""

    def __init__(self, scope: str) -> None:
        super().__init__(f"this needs the scope {scope}, which the credential does not have")
        self.scope = scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Somebody with a verified credential, bound to the one tenant it is good for."""

    kind: Kind
    id: str
    name: str
    tenant_id: uuid.UUID
    scopes: frozenset[str]

    def may(self, scope: str) -> bool:
        return scope in self.scopes or ALL_SCOPES in self.scopes


_principal: ContextVar[Principal | None] = ContextVar("principal", default=None)
_tenant: ContextVar[uuid.UUID | None] = ContextVar("tenant", default=None)


@contextmanager
def acting_as(principal: Principal | None) -> Iterator[None]:
    """Run a block as this principal in its tenant; `None` is somebody without a credential."""
    who = _principal.set(principal)
    where = _tenant.set(principal.tenant_id if principal else None)
    try:
        yield
    finally:
        _tenant.reset(where)
        _principal.reset(who)


@contextmanager
def in_tenant(tenant_id: uuid.UUID) -> Iterator[None]:
    """Run a block of our own work (a command, a job) on one tenant's rows."""
    where = _tenant.set(tenant_id)
    try:
        yield
    finally:
        _tenant.reset(where)


def acting_principal() -> Principal | None:
    """Return who is acting; None without a credential, and in work of our own."""
    return _principal.get()


def current_principal() -> Principal:
    """Return who is acting; raises UnauthenticatedError when there is no credential."""
    principal = _principal.get()
    if principal is None:
        raise UnauthenticatedError(NO_CREDENTIAL)
    return principal


def current_tenant_id() -> uuid.UUID:
    """Return the tenant whose rows may be touched; raises TenantRequiredError outside one."""
    tenant_id = _tenant.get()
    if tenant_id is None:
        raise TenantRequiredError("no tenant: run this inside `acting_as` or `in_tenant`")
    return tenant_id


def told_tenant() -> uuid.UUID | None:
    """Return the tenant whose rows may be touched, or None outside of one."""
    return _tenant.get()


def require(scope: str) -> Principal:
    """Return who is acting if the credential carries the scope; raises otherwise."""
    principal = current_principal()
    if not principal.may(scope):
        raise ScopeRequiredError(scope)
    return principal
