"""Work done later, at least once: a row is the truth, a nudge only saves waiting.

A job is stored in the transaction of whoever wants it done. A worker claims due rows under a
lease; a worker that dies loses the lease and another takes the job up again. So a job may run
twice and is written so that twice is harmless.
"""
