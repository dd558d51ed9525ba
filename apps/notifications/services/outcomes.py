"""What became of messages, written down in sets: rows, timelines, events and the next jobs."""

import random
from collections.abc import Collection
from datetime import datetime, timedelta
from operator import attrgetter
from uuid import UUID

from apps.notifications.domain.deciding import Never
from apps.notifications.domain.retrying import MOST_ATTEMPTS, pause
from apps.notifications.errors import DeliveryFailedError, GivenUpError, ProviderBusyError
from apps.notifications.metrics import delivered
from apps.notifications.models import Moment, Notification, NotificationChannel, NotificationState
from apps.notifications.services.queueing import job_of
from apps.notifications.services.telling import tell_inbox
from apps.notifications.services.timeline import moment_of
from contracts.event import Event
from contracts.notifications import NotificationFailed, NotificationSent, NotificationSkipped
from kernel import clock
from kernel.errors import DomainError
from kernel.events.publishing import publish_all
from kernel.jobs.models import Job
from kernel.jobs.services import store_all
from kernel.rowsets import update_rows

#: A message in one round of it.
Round = tuple[UUID, int]

#: What may have changed of a row; the key comes first.
_COLUMNS = (
    "id",
    "state",
    "subscriber_id",
    "not_before",
    "attempts",
    "round",
    "reason_code",
    "reason",
    "sent_at",
    "provider_id",
    "receipt",
    "sandboxed",
)
_values = attrgetter(*_COLUMNS)


def locked(rounds: Collection[Round], *states: NotificationState) -> list[Notification]:
    """Return the rows that are queued, or in one of these states, and in these rounds.

    They are locked in the order of their keys: of two who take some of the same, one waits.
    """
    rows = (
        Notification.objects.select_for_update(of=("self",))
        .select_related("subscriber")
        .filter(pk__in={id_ for id_, _ in rounds}, state__in=(NotificationState.QUEUED, *states))
    )
    return [row for row in rows.order_by("pk") if (row.pk, row.round) in rounds]


class Book:
    """What became of locked rows, until it is written in the caller's transaction."""

    def __init__(self) -> None:
        self._rows: list[Notification] = []
        self._moments: list[Moment] = []
        self._events: list[Event] = []
        self._jobs: list[Job] = []

    def sent(self, row: Notification, why: str = "") -> None:
        """It is with whom it is for, or on the way there."""
        row.state, row.sent_at = NotificationState.SENT, clock.now()
        row.reason_code = row.reason = ""
        self._note(row, "sandboxed" if row.sandboxed else "sent", why=why)
        self._events.append(NotificationSent(notification_id=str(row.pk), channel=str(row.channel)))
        delivered(row.channel, "sent")
        if row.channel == NotificationChannel.IN_APP:
            tell_inbox(row)

    def skipped(self, row: Notification, never: Never) -> None:
        """It does not go out."""
        row.state = NotificationState.SKIPPED
        row.reason_code, row.reason = never.code, never.why[:500]
        self._note(row, "skipped", code=never.code, why=never.why)
        self._events.append(
            NotificationSkipped(
                notification_id=str(row.pk), channel=str(row.channel), code=never.code
            )
        )
        delivered(row.channel, "skipped")

    def later(self, row: Notification, until: datetime, why: str) -> None:
        """It waits for its time."""
        self._again(row, until)
        self._note(row, "waits", why=why)

    def busy(self, row: Notification, error: ProviderBusyError) -> None:
        """It waits for its turn; that is no attempt."""
        # Not all of those that wait at the same moment.
        wait = timedelta(seconds=error.wait_seconds * (1 + _chance()))
        self._again(row, clock.now() + wait)
        self._note(row, "waits", code=error.code, why=str(error))

    def failed(self, row: Notification, error: DomainError) -> None:
        """It is tried again where that may help, and not too often."""
        row.attempts += 1
        if not error.retryable:
            self._ended(row, error)
        elif row.attempts >= MOST_ATTEMPTS:
            row.round += 1
            self._ended(row, GivenUpError(f"after {row.attempts} attempts: {error}"))
        else:
            told = _as_failed(error)
            self._again(row, clock.now() + pause(row.attempts, told.told_seconds, _chance()))
            row.reason_code, row.reason = told.code, str(told)[:500]
            self._note(row, "retried", code=told.code, why=str(told))
            delivered(row.channel, "retried")

    def write(self) -> None:
        """Write it all, by a number of statements that does not depend on how much it is."""
        update_rows(Notification, _COLUMNS, [_values(row) for row in self._rows])
        Moment.objects.bulk_create(self._moments)
        publish_all(self._events)
        if self._jobs:
            store_all(self._jobs)

    def _again(self, row: Notification, at: datetime) -> None:
        row.round += 1
        row.not_before = at
        self._jobs.append(job_of(row))

    def _ended(self, row: Notification, error: DomainError) -> None:
        row.state = NotificationState.FAILED
        row.reason_code, row.reason = error.code, str(error)[:500]
        self._note(row, "failed", code=error.code, why=str(error))
        self._events.append(
            NotificationFailed(
                notification_id=str(row.pk), channel=str(row.channel), code=error.code
            )
        )
        delivered(row.channel, "failed")

    def _note(self, row: Notification, what: str, *, code: str = "", why: str = "") -> None:
        self._rows.append(row)
        self._moments.append(moment_of(row, what, code=code, why=why))


def _as_failed(error: DomainError) -> DeliveryFailedError:
    return error if isinstance(error, DeliveryFailedError) else DeliveryFailedError(str(error))


def _chance() -> float:
    return random.random()  # noqa: S311  no secret depends on it # nosec B311
