"""An operation on a row of some tenant, and what became of that row."""

from typing import Any

import pytest

from kernel.identity.models import Tenant
from kernel.tenancy.context import in_tenant
from kernel.testing.graphql import GraphQLClient, Result
from tests.access import (
    of_documents,
    of_imports,
    of_making,
    of_notifications,
    of_schedules,
    of_tables,
)
from tests.access.operations import OPERATIONS, Operation
from tests.access.rows import JOBS, ROWS

each_operation = pytest.mark.parametrize(
    "operation", OPERATIONS, ids=lambda operation: f"{operation.service}.{operation.name}"
)


def owned_row(owner: Tenant, operation: Operation) -> tuple[Any, str]:
    """Make the row of an operation in the tenant; return its model and its id."""
    service = operation.service
    with in_tenant(owner.pk):
        row: Any = JOBS[operation.row](service) if operation.row else ROWS[service]()
    return type(row), str(row.pk)


def run(operation: Operation, secret: str, row_id: str) -> Result:
    """Run the operation on that row with a key."""
    client = GraphQLClient(secret, f"/{operation.service}/graphql")
    return client(operation.text(row_id), **operation.variables)


def rows(model: Any) -> list[dict[str, Any]]:
    """Return the rows of all tenants."""
    manager = getattr(model, "across_tenants", model._default_manager)
    return list(manager.order_by("pk").values())


def effect(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> str:
    """Say what happened between the two, of which the first has one row."""
    if after == before:
        return "none"
    if before[0] in after:
        return "adds"
    return "changes" if len(after) == 1 else "removes"


def names_row(operation: Operation) -> bool:
    """Say whether it is refused where the row is not: it changes it, or makes another of it."""
    makes_another = operation.name in {
        "copyFile",
        "copyFolder",
        "createShareLink",
        "duplicateDocumentTemplate",
        *(name for name, *_ in of_documents.ASIDE),
        *of_imports.OF_IMPORTS,
        *of_making.OF_TEMPLATES,
        *of_notifications.OF_ROWS,
        *of_schedules.OF_SCHEDULES,
        *of_tables.OF_TABLES,
    }
    # Each tenant has one of its own, and names none.
    of_the_tenant = operation.name == "allowFileTypes"
    return makes_another or (operation.effect in {"changes", "removes"} and not of_the_tenant)


def refusals(result: Result) -> list[str]:
    """Return the codes of errors in the answer of a mutation, for the whole and for each item."""
    answer = (result.body.get("data") or {}).get("result")
    if not isinstance(answer, dict):
        return []
    told = [answer, *(answer.get("outcomes") or [])]
    return [one["error"]["code"] for one in told if one.get("error")]
