"""Celery as the carrier of jobs: a message wakes a worker, and the row decides what it does.

- A message names a queue and nothing else. Whoever gets it claims the best job that is due there,
  as any worker of `kernel.jobs` would, and goes on for a second; so priorities and fairness are
  the table's, a message too many finds nothing to do, and one too few is found missing.
- `enqueue` sends no message: a thread of the process does, after the commit, and keeps what it
  could not send. A broker that is away costs a request nothing.
- One sweeper for each set of jobs, in the main process of a Celery worker, looks every second:
  for jobs that are due without a message, for jobs of lost workers, and for periodic ones. The
  broker may lose all it has.
- Nobody sends a message to a queue of the broker that holds a hundred, whatever waits in the table.
"""
