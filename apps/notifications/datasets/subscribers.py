"""Subscribers with what they want as rows, for import and export."""

from collections.abc import Sequence
from typing import Any

from apps.notifications.models import Subscriber
from apps.notifications.selectors.timelines import topics_of
from apps.notifications.services.subscribers import (
    create_subscriber,
    delete_subscribers,
    update_subscriber,
)
from contracts.datasets import Dataset, Field, Kind, Mode, Row
from kernel.datasets.pages import Rows
from kernel.datasets.registry import Change, register
from kernel.datasets.writing import together
from kernel.errors import DomainError

_PERSONAL = "notifications:personal"
_TOLD = (
    *("name", "email", "email_verified", "webhook_url", "locale", "time_zone"),
    *("preferences", "quiet_hours", "topics"),
)

SUBSCRIBERS = Dataset(
    name="notifications.subscribers",
    title="Subscribers",
    description=(
        "People who are told something, with addresses, preferences by category and channel,"
        " quiet hours and topics. Secrets of webhooks are left out."
    ),
    key=("key",),
    modes=frozenset(Mode),
    read_scope="notifications:read",
    write_scope="notifications:write",
    fields=(
        Field(name="key", title="Key", required=True, max_length=200),
        Field(name="name", title="Name", max_length=200, masked_without=_PERSONAL),
        Field(name="email", title="E-mail", max_length=320, masked_without=_PERSONAL),
        Field(name="email_verified", title="Verified", kind=Kind.BOOLEAN),
        Field(name="webhook_url", title="Webhook", max_length=320, masked_without=_PERSONAL),
        Field(name="locale", title="Locale", max_length=35),
        Field(name="time_zone", title="Time zone", max_length=64),
        Field(name="preferences", title="Preferences", kind=Kind.JSON),
        Field(name="quiet_hours", title="Quiet hours", kind=Kind.JSON),
        Field(name="topics", title="Topics", kind=Kind.JSON),
        Field(name="created_at", title="Created", kind=Kind.DATETIME, read_only=True),
    ),
)


def _tell(subscribers: Sequence[Subscriber]) -> list[Row]:
    topics = topics_of([str(one.pk) for one in subscribers])
    return [
        {
            "id": str(one.pk),
            "key": one.key,
            "name": one.name,
            "email": one.email,
            "email_verified": one.email_verified_at is not None,
            "webhook_url": one.webhook_url,
            "locale": one.locale,
            "time_zone": one.time_zone,
            "preferences": one.preferences,
            "quiet_hours": one.quiet_hours,
            "topics": topics[str(one.pk)],
            "created_at": one.created_at.isoformat(),
        }
        for one in subscribers
    ]


def _write(changes: Sequence[Change]) -> None:
    for change in changes:
        told: dict[str, Any] = {
            name: change.changed[name] for name in _TOLD if name in change.changed
        }
        if change.before is None:
            create_subscriber(key=change.row["key"], **told)
        elif told:
            update_subscriber(id=change.before["id"], **told)


def _remove(given: Sequence[Row]) -> None:
    for one in delete_subscribers(ids=[row["id"] for row in given]):
        if isinstance(one, DomainError):
            raise one


rows = Rows(of=Subscriber.visible, tell=_tell, order=("key",), key="key")
register(
    SUBSCRIBERS,
    read=rows.read,
    find=rows.find,
    write=together(_write),
    remove=together(_remove),
)
