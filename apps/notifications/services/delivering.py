"""Messages go out: judged at that moment, given away, and what came of it written down, in sets.

What is in the database happens once: rows are locked and of their jobs' rounds. Between what the
other side has taken and our commit is a gap that nobody can close: killed in it, those messages of
a set that were taken are sent again, with the same ids. A set is what is taken in a second.
"""

import time
from collections.abc import Collection, Sequence
from uuid import UUID

from django.db import transaction

from apps.notifications.errors import ProviderBusyError
from apps.notifications.models import NotificationProvider, NotificationState
from apps.notifications.services.giving import Given, Taken, give_all
from apps.notifications.services.lines import tried
from apps.notifications.services.outcomes import Book, Round, locked
from apps.notifications.services.taking import take
from kernel.errors import DomainError
from kernel.faults import fault_point
from kernel.observability.figures import release

#: What was given away for longer is written down while the rest is on its way.
SET_SECONDS = 1.0

_Outcome = tuple[Taken, Given | DomainError]


def deliver(rounds: Collection[Round]) -> dict[Round, Exception]:
    """Deliver notifications that are still to be; in a former round nothing changes.

    Returns what nobody has foreseen, by what it kept from being delivered.
    """
    taken = take(rounds)
    fault_point("notifications-taken")
    errors: dict[Round, Exception] = {}
    some: list[_Outcome] = []
    try:
        began = time.monotonic()
        for known in give_all(taken):
            if known is not None:
                one, outcome = known
                if isinstance(outcome, Given | DomainError):
                    some.append((one, outcome))
                else:
                    errors[one.round] = outcome
            if time.monotonic() - began > SET_SECONDS:
                errors |= _written(some)
                some, began = [], time.monotonic()
    except BaseException:
        # Whatever it is, what the other side has taken is not sent again. Twice changes nothing.
        _written(some)
        raise
    return errors | _written(some)


def _written(outcomes: Sequence[_Outcome]) -> dict[Round, Exception]:
    """Write down what came of some; return of those that cannot be written why not."""
    if not outcomes:
        return {}
    fault_point("notifications-sent")
    error = tried(_write_down, outcomes)
    fault_point("notifications-written")
    if error is None:
        return {}
    # They are gone already, so what is wrong with one must not send the others again.
    release()
    found = {one.round: tried(_write_down, [(one, outcome)]) for one, outcome in outcomes}
    return {round_: error for round_, error in found.items() if error is not None}


@transaction.atomic
def _write_down(outcomes: Sequence[_Outcome]) -> None:
    by_round = {one.round: outcome for one, outcome in outcomes}
    book, there = Book(), _there(outcomes)
    for row in locked(by_round.keys(), NotificationState.CANCELLED):
        outcome = by_round[row.pk, row.round]
        if isinstance(outcome, Given):
            # Taken back while it was on its way: it was sent all the same, and that is told.
            row.attempts += 1
            row.provider_id = outcome.provider_id if outcome.provider_id in there else None
            row.receipt = outcome.receipt
            row.sandboxed = outcome.sandboxed
            book.sent(row, outcome.why)
        elif row.state == NotificationState.CANCELLED:
            continue
        elif isinstance(outcome, ProviderBusyError):
            book.busy(row, outcome)
        else:
            book.failed(row, outcome)
    book.write()
    fault_point("notifications-writing")


def _there(outcomes: Sequence[_Outcome]) -> set[UUID]:
    """Return which providers there are still; somebody may have deleted one meanwhile."""
    told = {one.provider_id for _, one in outcomes if isinstance(one, Given) and one.provider_id}
    if not told:
        return set()
    return set(NotificationProvider.objects.filter(pk__in=told).values_list("pk", flat=True))
