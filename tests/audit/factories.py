"""Audit entries for tests."""

from datetime import UTC, datetime
from typing import Any

from apps.audit.domain.entries import Actor, Entry, Target

MOMENT = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)


def an_entry(**parts: Any) -> Entry:
    """Return an entry that is complete, with these parts in place of the usual ones."""
    usual: dict[str, Any] = {
        "action": "invoice.approved",
        "occurred_at": MOMENT,
        "actor": Actor(type="user", id="u-1", name="Ada"),
        "targets": (Target(type="invoice", id="i-1", name="May"),),
    }
    return Entry(**usual | parts)
