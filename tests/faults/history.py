"""What an onlooker sees of the jobs: each change of a row, and each run of a function."""

from dataclasses import dataclass, field
from uuid import UUID

from kernel.jobs.models import Job, JobState
from tests.faults import ledger
from tests.faults.engine import Engine, Process

#: The states that a job may have after each; None: there is no row.
NEXT: dict[str | None, set[str | None]] = {
    None: {JobState.QUEUED},
    JobState.QUEUED: {JobState.RUNNING, JobState.CANCELLED},
    JobState.RUNNING: {JobState.QUEUED, JobState.DONE, JobState.FAILED, JobState.CANCELLED},
    JobState.FAILED: {JobState.QUEUED},
    JobState.DONE: set(),
    JobState.CANCELLED: set(),
}
#: A lease, and what recovery may take beyond it.
RECOVERY_SECONDS = 30 + 5

Row = tuple[str, int, str]


@dataclass
class History:
    """Raises AssertionError as soon as a job does what it may not."""

    engine: Engine
    workers: dict[str, Process] = field(default_factory=dict)
    #: Somebody has queued failed jobs once more, from their first attempt.
    meddled: bool = False
    _rows: dict[str, Row] = field(default_factory=dict)
    #: Of each attempt of each job: how often it began, and its ends; an error or None.
    began_at: dict[tuple[str, int], list[float]] = field(default_factory=dict)
    ends: dict[tuple[str, int], list[BaseException | None]] = field(default_factory=dict)
    #: How long after the death of its worker each lost job was taken up again.
    recoveries: list[float] = field(default_factory=list)

    def began(self, job: Job) -> None:
        """Note that a function begins."""
        self.began_at.setdefault((str(job.pk), job.attempts), []).append(self.engine.seconds)

    def ended(self, job: Job, error: BaseException | None) -> None:
        """Note how it ended."""
        self.ends.setdefault((str(job.pk), job.attempts), []).append(error)

    def look(self) -> None:
        """Compare the jobs with those of the last look."""
        found = ledger.ask("SELECT id, state, attempts, worker FROM jobs_job")
        rows = {
            str(UUID(str(key))): (str(state), int(str(attempts)), str(worker))
            for key, state, attempts, worker in found
        }
        for key, row in rows.items():
            before = self._rows.get(key)
            if before is None or before[:2] != row[:2]:
                self._judge(key, before, row)
        assert rows.keys() >= self._rows.keys(), "a job is gone"
        self._rows = rows

    def _judge(self, key: str, before: Row | None, row: Row) -> None:
        state, attempts, _ = row
        was = before[0] if before else None
        assert state in NEXT[was], f"a job went from {was} to {state}"
        if state == JobState.RUNNING:
            assert before
            assert attempts == before[1] + 1, f"attempt {attempts} after {before[1]}"
        if was == JobState.RUNNING and before and self.workers[before[2]].dead:
            died_at = self.workers[before[2]].died_at
            self.recoveries.append(self.engine.seconds - died_at)
        if state == JobState.DONE:
            assert None in self.ends.get((key, attempts), []), f"done, but not by {attempts}"
        elif state == JobState.FAILED and was == JobState.RUNNING:
            assert before
            assert attempts == before[1]
