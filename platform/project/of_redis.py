"""Settings of what processes share in Redis, read from the environment like `project.settings`.

A comment above a setting tells its unit and meaning: the reference page is made of them.
"""

import os

from kernel.env import Environment
from kernel.redis import SCHEMES

env = Environment(os.environ)

# --- Redis and caches ---------------------------------------------------------------------------

# Redis for what processes share: `redis://`, `rediss://` (TLS), `unix://`, some nodes of a
# cluster by `redis+cluster://host:6379,host:6379` (or `rediss+cluster`), or Sentinels by
# `redis+sentinel://host:26379,host:26379/0?master=mymaster` (or `rediss+sentinel`). Without it each
# process counts rate limits for itself, and caches in its own memory.
REDIS_URL = env.url("REDIS_URL", "", SCHEMES)

# Keep sessions of people, and what they may do, in memory and in Redis for up to a minute: a
# request of somebody signed in asks the database for less. Who is signed out elsewhere is out here
# within milliseconds, but within a minute if the process that did it dies or loses Redis just then.
SESSION_CACHE = env.flag("SESSION_CACHE", default=False)
