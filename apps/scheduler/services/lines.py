"""What a run tells of itself, kept line by line."""

from apps.scheduler.models import JobRun, JobRunLine
from kernel.observability.logging import mask

MOST_CHARACTERS = 1_000


def tell(run: JobRun, text: str) -> None:
    """Keep a line; secrets in it are masked."""
    kept = mask(text).replace("\0", "\N{REPLACEMENT CHARACTER}")[:MOST_CHARACTERS]
    JobRunLine(run=run, attempt=run.attempt, text=kept).save(force_insert=True)
