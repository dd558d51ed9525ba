"""Addresses that nothing is sent to."""

from django.db import IntegrityError, transaction

from apps.notifications.domain.addresses import suppression_key
from apps.notifications.models import Suppression
from contracts.notifications import SuppressionAdded, SuppressionLifted
from kernel.errors import ConflictError
from kernel.events.publishing import publish
from kernel.rows import check, delete, locked


@transaction.atomic
def add_suppression(
    *, address: str, category: str = "", reason: str = Suppression.Reason.STAFF
) -> Suppression:
    """Send nothing to an address any more, or nothing of a category.

    Raises ConflictError when that is so already.
    """
    made = Suppression(address=suppression_key(address), category=category, reason=reason)
    check(made)
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:
        raise ConflictError("nothing is sent to this address already") from None
    publish(SuppressionAdded(suppression_id=str(made.pk), category=category, reason=str(reason)))
    return made


@transaction.atomic
def lift_suppression(*, id: str) -> Suppression:
    """Let an address be sent to again; return the row as it was."""
    found = locked(Suppression, id)
    delete([found])
    publish(SuppressionLifted(suppression_id=str(found.pk), category=found.category))
    return found


def suppress(address: str, category: str, reason: str) -> bool:
    """Do as `add_suppression`; False when it was so already."""
    try:
        add_suppression(address=address, category=category, reason=reason)
    except ConflictError:
        return False
    return True
