"""What a run tells of itself, kept line by line."""

from django.db import transaction

from apps.scheduler.models import JobRun, JobRunLine
from kernel.observability.masking import mask_secrets

MOST_CHARACTERS = 1_000
#: Lines of a run; of progress no more are kept, of what became of it all are.
MOST_LINES = 1_000


def tell(run: JobRun, text: str) -> None:
    """Keep a line; secrets in it are masked."""
    kept = mask_secrets(text).replace("\0", "\N{REPLACEMENT CHARACTER}")[:MOST_CHARACTERS]
    JobRunLine(run=run, attempt=run.attempt, text=kept).save(force_insert=True)


@transaction.atomic
def tell_progress(run: JobRun, text: str, done: int = 0, total: int | None = None) -> None:
    """Keep how far the work of a run is; what is new of its words, up to a number, as a line."""
    words = mask_secrets(text)[:200] or run.progress
    JobRun.objects.filter(pk=run.pk).update(
        progress=words, progress_done=done, progress_total=total
    )
    if words == run.progress:
        return
    if JobRunLine.objects.filter(run=run)[:MOST_LINES].count() < MOST_LINES:
        tell(run, text)
