"""Logs of months that have ended, for tests of archives."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

from apps.audit.domain.entries import Actor, Target
from apps.audit.models import AuditLog, RetentionPolicy
from apps.audit.services.recording import record_all
from apps.audit.services.sealing import seal_log
from kernel import clock
from tests.audit.factories import an_entry

MARCH = datetime(2024, 3, 1, tzinfo=UTC)
MAY = datetime(2024, 5, 1, tzinfo=UTC)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Run a block at a time of the past."""
    with patch.object(clock, "now", lambda: moment), patch("kernel.ids._sequence._milliseconds", 0):
        yield


def recorded(count: int, start: datetime = MARCH, **parts: Any) -> list[AuditLog]:
    """Record logs an hour apart and seal them: of two actors and three actions."""
    logs = []
    for number in range(count):
        moment = start + timedelta(hours=number)
        entry = an_entry(
            **{
                "occurred_at": moment,
                "action": f"step.{number % 3}",
                "actor": Actor(type="user", id=f"u-{number % 2}", name=f"Ada {number % 2}"),
                "targets": (Target(type="invoice", id=f"i-{number}", name="é"),),
                "metadata": {"number": number, "note": f"Word{number}"},
                **parts,
            }
        )
        with at(moment):
            outcome = record_all([entry])[0]
        if outcome.log is None:
            raise AssertionError(outcome.error)
        logs.append(outcome.log)
    seal_log()
    return logs


def a_policy(actions: str = "*", **columns: Any) -> RetentionPolicy:
    """Make a policy by which logs go a day after their month."""
    return RetentionPolicy.objects.create(actions=actions, **{"live_days": 1, **columns})
