"""What a person wants, and what that makes of a message at a moment."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from apps.notifications.domain.deciding import Facts, Later, Never, Now, decide
from apps.notifications.domain.preferences import checked, wanted
from apps.notifications.domain.quiet_hours import QuietHours

NOW = datetime(2026, 1, 10, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("preferences", "wants"),
    [
        ({}, True),
        ({"news": {"email": False}}, False),
        ({"news": {"push": False}}, True),
        ({"news": {"*": False}}, False),
        ({"news": {"*": False, "email": True}}, True),
        ({"*": {"email": False}}, False),
        ({"*": {"*": False}}, False),
        ({"*": {"*": False}, "news": {"email": True}}, True),
        ({"*": {"email": True}, "news": {"*": False}}, False),
        ({"bills": {"email": False}}, True),
    ],
)
def test_what_is_said_nearer_counts(preferences: dict[str, Any], wants: bool) -> None:
    assert wanted(checked(preferences), "news", "email", critical=False) is wants
    assert wanted(preferences, "news", "email", critical=True)


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        ([], "preferences are"),
        ({"news": {"fax": True}}, "news: no channel 'fax'"),
        ({"news": {"email": "no"}}, "news.email: expected true or false"),
        ({"news": True}, "news: expected channels"),
        ({" ": {}}, "a category has"),
    ],
)
def test_what_are_no_preferences_is_refused(told: Any, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        checked(told)


def facts(**told: Any) -> Facts:
    usual: dict[str, Any] = {
        "channel": "email",
        "category": "news",
        "critical": False,
        "address": "a@x.org",
        "verified": True,
        "preferences": {},
        "quiet": QuietHours(time(22), time(7)),
        "zone": ZoneInfo("UTC"),
        "suppressed": "",
        "not_before": NOW,
        "expires_at": None,
    }
    return Facts(**(usual | told))


MORNING = datetime(2026, 1, 11, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "decision"),
    [
        ({"quiet": None}, Now()),
        ({}, Later(MORNING, "quiet hours")),
        ({"critical": True}, Now()),
        ({"channel": "in_app"}, Now()),
        (
            {"not_before": NOW + timedelta(hours=1)},
            Later(NOW + timedelta(hours=1), "it is for later"),
        ),
        ({"suppressed": "it bounced"}, Never("SUPPRESSED", "it bounced")),
        ({"suppressed": "it bounced", "critical": True}, Never("SUPPRESSED", "it bounced")),
        ({"verified": False}, Never("UNVERIFIED", "the address is not verified")),
        ({"address": ""}, Never("NO_ADDRESS", "there is no address for email")),
        (
            {"preferences": {"news": {"email": False}}},
            Never("UNWANTED", "news is not wanted by email"),
        ),
        ({"preferences": {"news": {"email": False}}, "critical": True, "quiet": None}, Now()),
        ({"expires_at": NOW}, Never("EXPIRED", "it was good until 2026-01-10 23:00:00 UTC")),
        ({"expires_at": MORNING}, Never("EXPIRED", "its time ends within quiet hours")),
    ],
)
def test_a_message_is_judged_at_a_moment(told: dict[str, Any], decision: object) -> None:
    assert decide(facts(**told), NOW) == decision
