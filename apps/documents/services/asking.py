"""Other services are asked for data, with what whoever asked for the document may do and still may.

None of it is called in a transaction.
"""

from typing import Any

from apps.documents.errors import DataUnreadableError
from apps.documents.models.making import Made
from kernel.errors import UnavailableError
from kernel.identity.rights import remaining_rights
from kernel.mesh.client import RemoteError, mesh
from kernel.tenancy.context import acting_as

#: Errors of other services that trying again may heal.
_PASSING = {"UNAVAILABLE", "DEADLINE_EXCEEDED", "RATE_LIMITED", "INTERNAL"}


def answered(row: Made, service: str, query: str, **variables: Any) -> dict[str, Any]:
    """Return what a service answers, or the graph of all of them where none is named.

    Raises DataUnreadableError with the code of the answer, ForbiddenError, UnavailableError.
    """
    try:
        with acting_as(remaining_rights(row.asked_by)):
            if service:
                return mesh.query(service, query, **variables)
            return mesh.query_graph(query, **variables)
    except RemoteError as error:
        if error.remote_code in _PASSING:
            raise UnavailableError(f"the query is not answered: {error}") from error
        raise DataUnreadableError(f"{error.remote_code}: {error}"[:500]) from error
