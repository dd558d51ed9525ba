"""Tables of any length, read a piece at a time."""

from collections.abc import Iterator
from typing import TypeVar

from django.db.models import Model, QuerySet

#: Rows that a statement reads.
AT_ONCE = 500

M = TypeVar("M", bound=Model)


def by_key(rows: QuerySet[M], *, key: str = "pk", at_once: int = AT_ONCE) -> Iterator[M]:
    """Yield rows in the order of a column that tells them apart, with a statement for each piece.

    No transaction and no cursor stays open meanwhile, so jobs read by this and may take hours: what
    is changed before it is reached is yielded as it then is, and what was added behind is not.
    """
    rows = rows.order_by(key)
    piece = list(rows[:at_once])
    while piece:
        yield from piece
        last = getattr(piece[-1], key)
        piece = list(rows.filter(**{f"{key}__gt": last})[:at_once])
