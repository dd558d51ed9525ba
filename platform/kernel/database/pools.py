"""Connections that the threads of a process share."""

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections

from kernel.database.errors import refusal


def take_connection() -> None:
    """Have this thread's connection before anything is done, where a pool lends it.

    Raises DatabaseBusyError: a request that has begun would be answered by halves.
    """
    if not settings.DATABASE_POOL_SIZE:
        return
    try:
        connections[DEFAULT_DB_ALIAS].ensure_connection()
    except OperationalError as error:
        raise refusal(error) or error from error
