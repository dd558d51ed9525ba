"""A plain Celery app for bench_jobs: one task that does nothing, Celery's own defaults."""

import os

from celery import Celery

app = Celery("peer", broker=os.environ["REDIS_URL"])
app.conf.update(task_ignore_result=True, broker_connection_retry_on_startup=True)


@app.task(name="nothing")
def nothing(_target: str) -> None:
    """Do nothing."""
