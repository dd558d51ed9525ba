"""Where checkpoints are published, so that whoever rewrites a log does not rewrite them too."""

import os
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Protocol
from uuid import UUID

from apps.audit.adapters.away import Published, Webhook, Witness, in_bucket
from apps.audit.conf import checkpoint_folder, checkpoints_to
from apps.audit.domain.notes import MAX_NOTE_BYTES
from kernel.faults import fault_point


class Destination(Protocol):
    """A place for the checkpoints of all logs. What is there is never written again."""

    def publish(self, log: str, number: int, made_at: datetime, note: str) -> None:
        """Keep a checkpoint of a log. Telling it twice changes nothing."""
        ...

    def published(self, log: str) -> Iterator[Published]:
        """Yield what was kept of a log, in the order of the numbers."""
        ...

    def bury(self, log: str, key_id: UUID) -> None:
        """Keep that the key of a subject was erased. Telling it twice changes nothing."""
        ...

    def erased(self, log: str) -> Iterator[UUID]:
        """Yield the keys of a log that were erased."""
        ...


class Folder:
    """A file for each checkpoint, `<log>/<year>-<month>/<number>.txt`.

    And an empty one for each key that was erased: `<log>/erased/<key>`.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def publish(self, log: str, number: int, made_at: datetime, note: str) -> None:
        folder = self._root / log / f"{made_at:%Y-%m}"
        folder.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=folder, prefix=".")
        try:
            with os.fdopen(handle, "w") as file:
                file.write(note)
                file.flush()
                os.fsync(file.fileno())
            fault_point("audit-checkpoint-drafted")
            # A link appears whole or not at all, and never takes the place of what is there.
            os.link(draft, folder / f"{number:012}.txt")
        except FileExistsError:
            return
        finally:
            Path(draft).unlink(missing_ok=True)

    def published(self, log: str) -> Iterator[Published]:
        for month in sorted(self._root.glob(f"{log}/*")):
            for path in sorted(month.glob("[0-9]*.txt")):
                with path.open("rb") as file:
                    # A byte that is no UTF-8 is one of another note, and is said to be.
                    note = file.read(MAX_NOTE_BYTES + 1).decode("utf-8", "replace")
                yield Published(str(path.relative_to(self._root)), note)

    def bury(self, log: str, key_id: UUID) -> None:
        folder = self._root / log / "erased"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / str(key_id)).touch()
        # The name has to survive a power cut.
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def erased(self, log: str) -> Iterator[UUID]:
        for path in (self._root / log / "erased").glob("*-*-*-*-*"):
            yield UUID(path.name)


def destinations() -> list[Destination]:
    """Return the places that the settings choose: the folder, and others beside it."""
    others = [beside(address) for address in checkpoints_to()]
    return [Folder(checkpoint_folder()), *(one for one in others if not isinstance(one, Witness))]


def witnesses() -> list[Witness]:
    """Return those who are to cosign checkpoints."""
    others = [beside(address) for address in checkpoints_to()]
    return [one for one in others if isinstance(one, Witness)]


def beside(address: str) -> Destination | Witness:
    """Return what is at an address of `AUDIT_CHECKPOINTS_TO`; raises ImproperlyConfigured."""
    if address.startswith("s3://"):
        return in_bucket(address)
    return Witness.at(address) or Webhook.at(address)
