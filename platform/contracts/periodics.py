"""What a service does by itself, period after period, as it tells whoever asks."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodicRun:
    """How the work of one period stands."""

    #: `queued`, `running`, `done`, `failed` or `cancelled`.
    state: str
    attempts: int
    due_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    #: Why its last attempt failed, as in the table of errors; empty if none did.
    error_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Periodic:
    """Work that nobody has to ask for."""

    #: `<app>.<verb>`, such as `audit.seal`.
    name: str
    description: str
    every_seconds: float
    next_run_at: datetime
    #: Nothing of it has begun for longer than two periods and a minute.
    late: bool
    #: Of the latest period that there is a run of; None if there is none in the last 20.
    last_run: PeriodicRun | None

    def told(self) -> dict[str, Any]:
        """Return it as a mapping of plain values and moments."""
        return asdict(self)

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Periodic":
        """Read what was told as JSON; KeyError, TypeError or ValueError for anything else."""
        run = told["last_run"]
        return cls(
            name=told["name"],
            description=told["description"],
            every_seconds=told["every_seconds"],
            next_run_at=datetime.fromisoformat(told["next_run_at"]),
            late=told["late"],
            last_run=run
            and PeriodicRun(
                state=run["state"],
                attempts=run["attempts"],
                due_at=datetime.fromisoformat(run["due_at"]),
                started_at=_moment(run["started_at"]),
                finished_at=_moment(run["finished_at"]),
                error_code=run["error_code"],
            ),
        )


def _moment(told: str | None) -> datetime | None:
    return None if told is None else datetime.fromisoformat(told)
