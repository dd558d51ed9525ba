"""Whether a message goes out now: asked when it is made, and again when it is sent."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from apps.notifications.domain.preferences import Preferences, wanted
from apps.notifications.domain.quiet_hours import QuietHours, released_at


@dataclass(frozen=True, slots=True)
class Now:
    """It goes out."""


@dataclass(frozen=True, slots=True)
class Later:
    """It waits."""

    until: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Never:
    """It does not go out; `code` is stable, as staff and clients see it."""

    code: str
    why: str


Decision = Now | Later | Never


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a message and of whom it is for at a moment."""

    channel: str
    category: str
    critical: bool
    address: str
    verified: bool
    preferences: Preferences
    quiet: QuietHours | None
    zone: ZoneInfo
    suppressed: str
    not_before: datetime
    expires_at: datetime | None


#: What waits for nobody's night: it is there when it is looked for.
_SILENT = frozenset(("in_app", "webhook"))


def decide(facts: Facts, now: datetime) -> Decision:  # noqa: PLR0911  (one case for each)
    """Say what becomes of a message at a moment."""
    if facts.expires_at is not None and now >= facts.expires_at:
        return Never("EXPIRED", f"it was good until {facts.expires_at:%Y-%m-%d %H:%M:%S} UTC")
    if not facts.address:
        return Never("NO_ADDRESS", f"there is no address for {facts.channel}")
    if facts.suppressed:
        return Never("SUPPRESSED", facts.suppressed)
    if not facts.verified:
        return Never("UNVERIFIED", "the address is not verified")
    if not wanted(facts.preferences, facts.category, facts.channel, critical=facts.critical):
        return Never(
            "UNWANTED", f"{facts.category or 'everything'} is not wanted by {facts.channel}"
        )
    if now < facts.not_before:
        return Later(facts.not_before, "it is for later")
    if facts.quiet is not None and not facts.critical and facts.channel not in _SILENT:
        released = released_at(now, facts.zone, facts.quiet)
        if released > now:
            return _until(released, facts)
    return Now()


def _until(released: datetime, facts: Facts) -> Decision:
    if facts.expires_at is not None and released >= facts.expires_at:
        return Never("EXPIRED", "its time ends within quiet hours")
    return Later(released, "quiet hours")
