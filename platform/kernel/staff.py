"""What staff do in the back office, told as events in the transaction in which they do it."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Model

from contracts.staff import StaffActed, StaffChanged
from kernel.events.publishing import publish, publish_all
from kernel.identity.models import Tenant

#: The most rows that an event about many names.
MOST_NAMED = 100
#: The most characters of a row's name.
MOST_NAME = 200


def tell_changes(rows: Sequence[Model], action: str, message: Any = ()) -> None:
    """Tell of each row that it was `added`, `changed` or `deleted` by hand.

    `message` is what Django's admin says of a change: which fields, of this row or of rows that
    belong to it; never their values.
    """
    by_tenant: dict[UUID | None, list[StaffChanged]] = defaultdict(list)
    for row in rows:
        by_tenant[_tenant_of(row)].append(
            StaffChanged(
                app=row._meta.app_label,
                model=str(row._meta.object_name),
                object_id=str(row.pk),
                name=str(row)[:MOST_NAME],
                action=action,
                fields=tuple(_fields(message)),
            )
        )
    for tenant_id, events in by_tenant.items():
        publish_all(events, tenant_id=tenant_id)


def tell_action(model: type[Model], rows: Sequence[Model], action: str, *, count: int) -> None:
    """Tell that an action was taken on so many rows, of which the first are given."""
    tenants = {_tenant_of(row) for row in rows}
    publish(
        StaffActed(
            app=model._meta.app_label,
            model=str(model._meta.object_name),
            action=action,
            count=count,
            object_ids=tuple(str(row.pk) for row in rows[:MOST_NAMED]),
        ),
        tenant_id=tenants.pop() if len(tenants) == 1 and count <= MOST_NAMED else None,
    )


def _tenant_of(row: Model) -> UUID | None:
    if isinstance(row, Tenant):
        return row.pk
    tenant_id = getattr(row, "tenant_id", None)
    return tenant_id if isinstance(tenant_id, UUID) else None


def _fields(message: Any) -> list[str]:
    """Return the names in the admin's own message of a change; inline rows with their kind."""
    found: list[str] = []
    for part in message if isinstance(message, list) else ():
        for verb, told in part.items():
            inline = told.get("name", "")
            if inline and verb != "changed":
                found.append(f"{inline} {verb}")
            found += [f"{inline}: {name}" if inline else name for name in told.get("fields", ())]
    return found
