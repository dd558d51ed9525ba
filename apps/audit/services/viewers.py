"""Viewer tokens as people give them away, take them back and use them; all on record."""

from datetime import timedelta

from django.db import transaction

from apps.audit.access import PERSONAL
from apps.audit.domain.entries import Actor, Entry, Target
from apps.audit.domain.queries import LogQuery
from apps.audit.models import ViewerToken
from apps.audit.selectors.viewers import viewer_of
from apps.audit.services.recording import record_event
from contracts.audit import AuditViewerTokenCreated, AuditViewerTokenRevoked
from contracts.envelope import SYSTEM
from kernel import clock
from kernel.errors import ForbiddenError, InvalidInputError, LimitExceededError
from kernel.events.actors import current_actor
from kernel.events.publishing import publish
from kernel.rows import change, check, locked
from kernel.tenancy.context import ALL_SCOPES, acting_principal, in_tenant, require

USUAL_MINUTES = 60
MOST_MINUTES = 24 * 60
#: Good ones of a tenant: a page for each of its own customers, and no more than can be looked over.
MOST_GOOD = 1_000
#: How long what is known of one is shown after it expired.
SHOWN = timedelta(days=30)
FORGOTTEN_AT_ONCE = 500


@transaction.atomic
def create_viewer_token(
    *,
    name: str,
    query: LogQuery | None = None,
    personal: bool = False,
    minutes: int = USUAL_MINUTES,
) -> ViewerToken:
    """Return a token for a page with the logs that are looked for.

    With personal fields it takes audit:personal. Raises ForbiddenError, InvalidInputError,
    LimitExceededError.
    """
    if personal:
        require(PERSONAL)
    if not 1 <= minutes <= MOST_MINUTES:
        raise InvalidInputError(f"minutes are 1 to {MOST_MINUTES}, found {minutes}")
    who, now = current_actor(), clock.now()
    viewer = ViewerToken(
        name=name,
        query=(query or LogQuery()).told(),
        personal=personal,
        owner_id=who.id,
        owner_name=who.name,
        created_at=now,
        expires_at=now + timedelta(minutes=minutes),
    )
    check(viewer, only=("name", "query"))
    good = ViewerToken.objects.filter(expires_at__gt=now, revoked_at=None)
    if good[:MOST_GOOD].count() >= MOST_GOOD:
        raise LimitExceededError(f"at most {MOST_GOOD} viewer tokens are good at a time")
    viewer.save()
    _record(viewer, "created", Actor(type=who.type, id=who.id, name=who.name))
    publish(
        AuditViewerTokenCreated(
            token_id=str(viewer.pk), name=name, personal=personal, expires_at=viewer.expires_at
        )
    )
    return viewer


@transaction.atomic
def revoke_viewer_token(*, id: str) -> ViewerToken:
    """Let a token open nothing any more. Telling it twice changes nothing."""
    viewer = locked(ViewerToken, id)
    principal = acting_principal()
    own = principal is None or viewer.owner_id in {SYSTEM.id, principal.id}
    if not own and principal and not principal.may(ALL_SCOPES):
        raise ForbiddenError(f"the token is {viewer.owner_name or 'another'}'s")
    if viewer.revoked_at is None:
        change(viewer, revoked_at=clock.now())
        who = current_actor()
        _record(viewer, "revoked", Actor(type=who.type, id=who.id, name=who.name))
        publish(AuditViewerTokenRevoked(token_id=str(viewer.pk), name=viewer.name))
    return viewer


def open_viewer(text: str) -> ViewerToken:
    """Return the token of this text, and put its first use on record; raises NotFoundError."""
    viewer = viewer_of(text)
    if viewer.opened_at is None:
        with in_tenant(viewer.tenant_id), transaction.atomic():
            first = ViewerToken.objects.filter(pk=viewer.pk, opened_at=None)
            if first.update(opened_at=clock.now()):
                _record(viewer, "opened", _holder(viewer))
    return viewer


def record_file(viewer: ViewerToken) -> None:
    """Put on record that a file was taken out by a token."""
    with in_tenant(viewer.tenant_id):
        _record(viewer, "downloaded", _holder(viewer))


def forget_old() -> None:
    """Forget tokens that expired long ago; the record of them stays."""
    old = ViewerToken.across_tenants.filter(expires_at__lt=clock.now() - SHOWN)
    for viewer in old.order_by("expires_at")[:FORGOTTEN_AT_ONCE]:
        with in_tenant(viewer.tenant_id):
            ViewerToken.objects.filter(pk=viewer.pk).delete()


def _holder(viewer: ViewerToken) -> Actor:
    """Return whoever has the token."""
    return Actor(type="viewer", id=str(viewer.pk), name=viewer.name)


def _record(viewer: ViewerToken, verb: str, actor: Actor) -> None:
    record_event(
        Entry(
            action=f"audit.viewer.{verb}",
            occurred_at=clock.now(),
            actor=actor,
            targets=(Target(type="AuditViewerToken", id=str(viewer.pk), name=viewer.name),),
            metadata={
                "filter": viewer.query,
                "personal": viewer.personal,
                "expiresAt": viewer.expires_at.isoformat(),
            },
        )
    )
