"""Keys that a dry run has met: none of its rows are in the table, where they would be found."""

import hashlib
from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.importexport.domain.conflicts import Seen, Value
from apps.importexport.domain.tables.values import plain
from apps.importexport.models import SeenKey

_AT_ONCE = 500


class SeenBefore(Seen):
    """Those of the pieces before, kept as digests, and those of this one."""

    def __init__(self, import_id: UUID, round_: int) -> None:
        super().__init__()
        self._import, self._round = import_id, round_
        self._before: set[UUID] = set()

    def look_up(self, values: Iterable[tuple[str, Value]]) -> None:
        """Learn which of these were there before."""
        wanted = [self._digest(name, value) for name, value in values if value is not None]
        for at in range(0, len(wanted), _AT_ONCE):
            rows = SeenKey.objects.filter(pk__in=wanted[at : at + _AT_ONCE])
            self._before.update(rows.values_list("pk", flat=True))

    def keep(self) -> None:
        """Keep those that are new, in the caller's transaction."""
        SeenKey.objects.bulk_create(
            (
                SeenKey(pk=self._digest(name, value), import_id=self._import, round=self._round)
                for name, values in self.values.items()
                for value in values
            ),
            batch_size=_AT_ONCE,
        )

    def taken(self, column: str, value: Value) -> bool:
        return super().taken(column, value) or (
            value is not None and self._digest(column, value) in self._before
        )

    def _digest(self, name: str, value: Value) -> UUID:
        told = repr((str(self._import), self._round, name, [_plain(one) for one in value or ()]))
        return UUID(bytes=hashlib.sha256(told.encode()).digest()[:16])


def _plain(value: Any) -> str:
    # 1.0 and 1.00 are one number.
    return plain(value) if isinstance(value, Decimal) else str(value)
