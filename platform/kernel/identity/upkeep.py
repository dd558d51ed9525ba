"""What identity tidies up by itself."""

from datetime import timedelta

from django.conf import settings

from kernel import clock
from kernel.identity.models import Counter, Lockout, Session
from kernel.jobs.registry import periodic
from kernel.jobs.upkeep import delete_all


@periodic("identity.clear_sign_ins", every=timedelta(hours=1))
def clear_sign_ins(_target: str) -> None:
    """Delete sessions that have ended by time, and attempts to sign in that no longer count."""
    now = clock.now()
    delete_all(Session.objects.filter(expires_at__lt=now))
    delete_all(Counter.objects.filter(expires__lt=now))
    # An attempt that still counts, or a lock, is younger.
    delete_all(Lockout.objects.filter(first_at__lt=now - 2 * settings.SIGN_IN_LOCKOUT))
