"""Which of their tenants a signed-in person is working in."""

import uuid

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest

from kernel.errors import NotFoundError
from kernel.identity.authentication import SESSION_TENANT
from kernel.identity.models import Membership, Tenant


def memberships_of(user: User) -> QuerySet[Membership]:
    """Return a person's memberships of tenants that are open, by the tenants' slugs."""
    return (
        Membership.objects.filter(user=user, tenant__in=Tenant.objects.active())
        .select_related("tenant", "user")
        .order_by("tenant__slug")
    )


def membership_of(request: HttpRequest) -> Membership | None:
    """Return the membership a session works with; None for a person without a tenant."""
    if not isinstance(request.user, User):
        return None
    memberships = memberships_of(request.user)
    chosen = request.session.get(SESSION_TENANT)
    return (memberships.filter(tenant_id=chosen) if chosen else memberships).first()


def work_in_a_tenant(request: HttpRequest) -> Membership | None:
    """Let a new session work in the first of the person's tenants, if there is one."""
    first = memberships_of(request.user).first() if isinstance(request.user, User) else None
    if first is not None:
        request.session[SESSION_TENANT] = str(first.tenant_id)
    return first


def switch_to(request: HttpRequest, tenant_id: uuid.UUID) -> Membership:
    """Let a session work in another tenant, under a new key; raises NotFoundError for others'."""
    chosen = (
        memberships_of(request.user).filter(tenant_id=tenant_id).first()
        if isinstance(request.user, User)
        else None
    )
    if chosen is None:
        raise NotFoundError("you are no member of this tenant")
    request.session.cycle_key()
    request.session[SESSION_TENANT] = str(chosen.tenant_id)
    return chosen
