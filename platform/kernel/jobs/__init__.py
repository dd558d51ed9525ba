"""Work done later, at least once: a row is the truth, a nudge only saves waiting.

What is promised:

- `enqueue` stores a job in the caller's transaction. Committed, it will run; rolled back, it never
  existed. It carries the name of a function, the id of what to work on, and the tenant.
- A worker claims due rows under a lease and renews it while it works. A worker that dies or is cut
  off loses the lease, and the job is queued again. So **a job may run twice, even at the same
  time, and is written so that twice is harmless**; what a lost worker reports late is ignored.
- A failure is tried again after a growing, jittered pause, as often as the job allows. A
  `DomainError` that no repetition can heal fails at once. Failed jobs are kept for 30 days with
  their reason, others for 7.
- A stopping worker claims nothing more, lets what has begun end, and gives back what has not ended
  in time.
- A job under a key is stored once as long as its row is kept; a periodic job is one with a key per
  period, so each period has one over all processes.

A worker takes only jobs that its process knows: another release's, or another service's, wait.
The part of the name before the dot is the queue.
"""
