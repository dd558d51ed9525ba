"""Settings of PostgreSQL and of backups, read from the environment like `project.settings`.

A comment above a setting tells its unit and meaning: the reference page is made of them.
"""

import os
from datetime import timedelta
from typing import Any

from kernel.env import Environment
from project.databases import tune

env = Environment(os.environ)

DATABASES_BESIDE: dict[str, dict[str, Any]] = {}

# --- PostgreSQL ---------------------------------------------------------------------------------

# The same database by the role that owns its tables: it migrates, and reads across tenants for the
# back office and for upkeep. Given it, DATABASE_URL names a role that owns nothing, and PostgreSQL
# shows it the rows of one tenant only (docs/security/tenants.md). It names the server itself, also
# where DATABASE_URL names a pooler.
_SYSTEM = env.database("DATABASE_SYSTEM_URL", "")
if _SYSTEM:
    DATABASES_BESIDE["system"] = _SYSTEM

# What DATABASE_URL leads to: the `server` itself, or a pooler that lends a connection for one
# transaction: `pgbouncer` in transaction mode. See docs/database.md.
DATABASE_POOLER = env.choice("DATABASE_POOLER", "server", ("server", "pgbouncer"))

# Behind a pooler: the same database by the same role at the server itself. Locks and notifications,
# which a session holds, go there: a connection for each thread that handles events.
_DIRECT = env.database("DATABASE_DIRECT_URL", "")
if _DIRECT:
    DATABASES_BESIDE["direct"] = _DIRECT

# Replicas of the same database, for the role of DATABASE_URL: URLs with spaces between them.
# Requests that only read are answered by them, never older than what their sender has written.
_REPLICAS = env.databases("DATABASE_REPLICA_URLS")
DATABASE_REPLICAS = tuple(f"replica{number}" for number in range(1, len(_REPLICAS) + 1))
DATABASES_BESIDE |= zip(DATABASE_REPLICAS, _REPLICAS, strict=True)
DATABASE_ROUTERS = ["kernel.database.routing.ReplicaRouter"] if DATABASE_REPLICAS else []

# A replica that is further behind its primary is not read.
DATABASE_REPLICA_LAG = env.duration("DATABASE_REPLICA_LAG", timedelta(seconds=10))

# Connections to PostgreSQL that the threads of one process share. 0: each thread keeps its own,
# which is faster; share them where threads are many and mostly wait for something else. Who gets
# none within 5 s answers 503.
DATABASE_POOL_SIZE = env.number("DATABASE_POOL_SIZE", 0, at_least=0, at_most=1000)

# How long PostgreSQL works on one statement of ours; 0s: without end. A request's own deadline, if
# that ends sooner, is told with the statement. It is not for DATABASE_SYSTEM_URL and `migrate`.
DATABASE_STATEMENT_TIMEOUT = env.duration("DATABASE_STATEMENT_TIMEOUT", timedelta(minutes=5))

# How long a statement waits for rows that others hold; 0s: without end. After that: 503.
DATABASE_LOCK_TIMEOUT = env.duration("DATABASE_LOCK_TIMEOUT", timedelta(seconds=10))

# Let PostgreSQL keep the plans of frequent statements. By default off behind a pooler, which has to
# carry them over: PgBouncer does from 1.21 on, with `max_prepared_statements`.
DATABASE_PREPARES = env.flag("DATABASE_PREPARES", default=DATABASE_POOLER == "server")

# --- Backups ------------------------------------------------------------------------------------

# Where `manage.py backup` puts backups: a folder, best of another machine, or s3://bucket/prefix.
BACKUP_TO = env.text("BACKUP_TO", "")

# The key that encrypts them: 32 bytes in base64, which `manage.py backup --new-key` makes. Keep it
# where no backup is: without it none can be read. Or BACKUP_KEY_FILE names a file with it.
BACKUP_KEY = env.secret("BACKUP_KEY")

# How many backups are kept; a new one makes the oldest go.
BACKUPS_KEPT = env.number("BACKUPS_KEPT", 14, at_least=1, at_most=10_000)

# How often the platform takes one by itself, 7d at most; 0s: never, something else calls the
# command.
BACKUP_EVERY = env.duration("BACKUP_EVERY", timedelta(0))

# How often it restores the newest elsewhere and compares, 7d at most; 0s: never.
BACKUP_DRILL_EVERY = env.duration("BACKUP_DRILL_EVERY", timedelta(0))

# Let backups hold the bytes of FILES_STORAGE as well. Off, the bucket itself has to keep versions.
BACKUP_BUCKET = env.flag("BACKUP_BUCKET", default=False)


def databases(default: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return all databases, with what nobody chooses by a URL."""
    found = {"default": default} | DATABASES_BESIDE
    tune(
        found,
        pool_size=DATABASE_POOL_SIZE,
        pooled=DATABASE_POOLER == "pgbouncer",
        prepares=DATABASE_PREPARES,
        limits={
            "statement_timeout": DATABASE_STATEMENT_TIMEOUT,
            "lock_timeout": DATABASE_LOCK_TIMEOUT,
        },
    )
    return found
