"""Ids of demo rows, which every service knows, so that those of one can refer to another's."""

import uuid

from kernel.tenancy.context import current_tenant_id


def demo_id(typename: str, name: str) -> uuid.UUID:
    """Return the id of the current tenant's demo row of this type and name."""
    return uuid.uuid5(current_tenant_id(), f"{typename} {name}")
