"""Values that may be a little old: in the memory of a process, and in Redis for all of them.

What is promised of a `Namespace`:

- Whoever has changed something never reads what was before, not even within the transaction.
- A change is seen by every process within milliseconds of its commit where processes tell each
  other (Redis, or PostgreSQL's NOTIFY), and within a second where they do not. Whatever is lost on
  the way, a value is never older than its namespace allows.
- Of many who miss a value at once one loads it, in a process by waiting for each other, among
  processes by a lease in Redis.
- An outage of Redis costs speed and nothing else.

docs/reference/cache.md lists the namespaces.
"""
