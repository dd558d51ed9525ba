"""Guesses at a password, counted by the name that was given: so many, then none for a while.

The counts are rows, so they hold over all processes. A name that nobody has is counted like any
other, so that a lock tells nothing about who is known here.
"""

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from contracts.identity import LockedOut
from kernel import clock
from kernel.events.publishing import publish
from kernel.identity.models import Lockout


def try_name(name: str, address: str) -> bool:
    """Count an attempt to sign in by this name, before it is judged; False while it is locked.

    The attempt that reaches SIGN_IN_FAILURES is still judged; those after it find a lock, which
    lasts for SIGN_IN_LOCKOUT. An attempt while locked does not make it longer.
    """
    now = clock.now()
    with transaction.atomic():
        row, _ = Lockout.objects.select_for_update().get_or_create(
            name=_folded(name), defaults={"first_at": now}
        )
        if row.locked_until is not None and now < row.locked_until:
            return False
        if row.locked_until is not None or now - row.first_at >= settings.SIGN_IN_LOCKOUT:
            row.failures, row.first_at, row.locked_until = 0, now, None
        row.failures, row.address = row.failures + 1, address or None
        if row.failures >= settings.SIGN_IN_FAILURES:
            row.locked_until = now + settings.SIGN_IN_LOCKOUT
            publish(
                LockedOut(
                    username=row.name or "-",
                    failures=row.failures,
                    until=row.locked_until,
                    ip_address=address,
                )
            )
        row.save()
    return True


def forget_attempts(*names: str) -> None:
    """Begin anew for these names: somebody has proven to be their owner."""
    Lockout.objects.filter(name__in=[_folded(name) for name in names]).delete()


def lift(lockouts: QuerySet[Lockout]) -> int:
    """Let people try again before their time, and return how many were locked."""
    count, _ = lockouts.delete()
    return count


def locked() -> QuerySet[Lockout]:
    """Return the names that are locked now."""
    return Lockout.objects.filter(locked_until__gt=clock.now(), failures__gt=0)


def _folded(name: str) -> str:
    return name.strip().casefold()[:254]
