"""The one funnel from any exception to what a caller may know of it."""

import logging

from django.db.utils import InterfaceError, OperationalError

from kernel.database.errors import refusal
from kernel.errors import DomainError, LimitExceededError, UnavailableError

logger = logging.getLogger(__name__)


def describe(exception: BaseException) -> tuple[str, str]:
    """Return the code and the message for the caller.

    Errors of our contract speak for themselves. Of everything else the caller learns only that
    it happened; the traceback goes to the log, under the request's id.
    """
    known = as_domain_error(exception)
    if known is not None:
        return known.code, str(known)
    logger.error("unexpected %s", type(exception).__name__, exc_info=exception)
    return DomainError.code, "internal error; the log has it under this request's id"


def as_domain_error(exception: BaseException) -> DomainError | None:
    """Return the error of our contract that this exception stands for, if there is one."""
    if isinstance(exception, DomainError):
        return exception
    if isinstance(exception, OperationalError | InterfaceError):
        refused = refusal(exception)
        if refused is not None:
            return refused
        logger.warning("database unavailable", exc_info=exception)
        return UnavailableError("the database does not answer; try again in a moment")
    if isinstance(exception, RecursionError):
        return LimitExceededError("the request nests too deep")
    return None
