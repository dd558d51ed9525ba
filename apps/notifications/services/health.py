"""How providers stand: who may be asked now, and what came of it.

Each is one statement by itself, outside of the message's transaction, so that no two workers wait
for each other's calls.
"""

from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.db.models import F

from apps.notifications.domain.breaking import PROBE, WEIGHT, rest_after
from apps.notifications.domain.providers import KINDS
from apps.notifications.errors import DeliveryFailedError, ProviderBusyError
from apps.notifications.metrics import provider_answered
from apps.notifications.models import NotificationProvider
from kernel import clock
from kernel.errors import RateLimitedError
from kernel.ratelimits.gcra import Policy
from kernel.ratelimits.limiter import limiter

#: While all goes well it is written down so often, not for each message.
TOLD_EVERY = timedelta(seconds=10)
#: A failure is told for long: what the other side wants to be left alone for, at most.
_LONGEST = timedelta(hours=1)
_BARELY = 0.001


def admit(provider: NotificationProvider) -> None:
    """Let one message go to a provider.

    Raises DeliveryFailedError where its breaker is open, ProviderBusyError where it has had as much
    as it may for now. Of those that come when its rest is over, one is let through to see.
    """
    rests, now = provider.rests_until, clock.now()
    if rests is not None and rests > now:
        raise _resting(provider, (rests - now).total_seconds())
    if rests is not None and not _row(provider).filter(rests_until=rests).update(
        rests_until=now + PROBE
    ):
        raise _resting(provider, PROBE.total_seconds())
    if provider.per_minute:
        policy = Policy("notification provider", provider.per_minute, provider.burst)
        try:
            limiter().of(policy, f"{{{provider.tenant_id}}}:provider:{provider.pk}").charge(1)
        except RateLimitedError as error:
            raise ProviderBusyError(
                f"{provider.name} takes {provider.per_minute} messages a minute",
                wait_seconds=error.retry_after_seconds,
            ) from None


def note_taken(provider: NotificationProvider) -> None:
    """Write down that a provider has answered as it should, whatever it said of the message."""
    provider_answered(provider.kind, "answered")
    now = clock.now()
    was_well = not provider.failures and provider.rests_until is None
    recent = provider.succeeded_at is not None and now - provider.succeeded_at < TOLD_EVERY
    if was_well and recent and provider.failure_rate < _BARELY:
        return
    _row(provider).update(
        succeeded_at=now,
        failures=0,
        rests_until=None,
        failure_rate=F("failure_rate") * (1 - WEIGHT),
    )
    # As it stands for the next message of those that go together.
    provider.succeeded_at, provider.failures, provider.rests_until = now, 0, None
    provider.failure_rate *= 1 - WEIGHT


def note_failed(provider: NotificationProvider, error: DeliveryFailedError) -> None:
    """Write down that a provider has failed, and leave it alone for as long as that takes.

    Where each message goes to another host, failures tell of that, and nobody rests.
    """
    provider_answered(provider.kind, "failed")
    now = clock.now()
    told: dict[str, Any] = {}
    if KINDS[provider.kind].one_host:
        rest = rest_after(provider.failures + 1)
        if error.told_seconds:
            asked = min(timedelta(seconds=error.told_seconds), _LONGEST)
            rest = max(rest or asked, asked)
        if rest is not None:
            told["rests_until"] = now + rest
    _row(provider).update(
        failed_at=now,
        failures=F("failures") + 1,
        failure_rate=F("failure_rate") * (1 - WEIGHT) + WEIGHT,
        last_error=str(error)[:500],
        **told,
    )
    # The next message of those that go together is to know; of a deleted one there is nothing.
    with suppress(NotificationProvider.DoesNotExist):
        provider.refresh_from_db(fields=["failures", "failure_rate", "rests_until", "last_error"])


def _row(provider: NotificationProvider) -> Any:
    return NotificationProvider.objects.filter(pk=provider.pk)


def _resting(provider: NotificationProvider, seconds: float) -> DeliveryFailedError:
    told = f"{provider.name} has failed too often, and is left alone: {provider.last_error}"
    return DeliveryFailedError(told[:400], told_seconds=int(seconds) + 1)
