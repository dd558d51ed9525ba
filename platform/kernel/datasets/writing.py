"""Writers of datasets: what is refused of a row leaves nothing behind, and does not keep others."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from django.db import DataError, IntegrityError, transaction

from kernel.datasets.registry import Refusal
from kernel.errors import ConflictError, DomainError

T = TypeVar("T")


def one_by_one(do: Callable[[T], object]) -> Callable[[Sequence[T]], list[Refusal]]:
    """Make a writer of what is done with one row, each in a savepoint."""
    return lambda given: [_refusal(do, one) for one in given]


def together(do: Callable[[Sequence[T]], object]) -> Callable[[Sequence[T]], list[Refusal]]:
    """Make a writer of what is done with many rows at once, where that costs little more than one.

    Where they are refused together each half is tried alone, so that a few bad ones among many cost
    a few attempts.
    """

    def write(given: Sequence[T]) -> list[Refusal]:
        refusal = _refusal(do, given) if given else None
        if refusal is None or len(given) == 1:
            return [refusal] * len(given)
        middle = len(given) // 2
        return [*write(given[:middle]), *write(given[middle:])]

    return write


def _refusal(do: Callable[[T], object], given: T) -> Refusal:
    """Do it or nothing of it; what may go well the next time is raised."""
    try:
        with transaction.atomic():
            do(given)
    except DomainError as error:
        if error.retryable:
            raise
        return error
    except (DataError, IntegrityError):
        return ConflictError("the database has no room for such a row beside those it has")
    return None
