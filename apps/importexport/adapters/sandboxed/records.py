"""What the sandbox answers: records as CSV."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

#: Text that is held before it becomes bytes.
_PIECE = 1 << 20
Made = tuple[dict[str, Any], list[bytes]]


class Csv:
    """Records in UTF-8, in pieces."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self._text = io.StringIO(newline="")
        # As lines end so, a return alone is quoted, too.
        self._writer = csv.writer(self._text, lineterminator="\r\n")

    def add(self, records: Iterable[Sequence[str]]) -> None:
        """Add records."""
        self._writer.writerows(records)
        if self._text.tell() > _PIECE:
            self.flush()

    def flush(self) -> None:
        """Make bytes of all that was added."""
        self.parts.append(self._text.getvalue().encode())
        self._text.seek(0)
        self._text.truncate()
