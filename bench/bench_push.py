"""How soon a change of a flag and of a setting is seen by another process, over each carrier.

On SQLite, on PostgreSQL, and on PostgreSQL with Redis; the changer, the follower and the server
of the stream are processes of their own. Targets: seen within a second on SQLite and within 200 ms
over PostgreSQL and Redis; on the stream within 500 ms; to look whether SQLite has changed is
nothing that can be seen in the time of a process.
"""

import json
import os
import subprocess
import sys
import tempfile
from statistics import median

from apart import on_each_database, own_environment, run_here, timed, verdict

CHANGES = int(os.environ.get("CHANGES", "50"))
LOOKS = 20_000


def main() -> None:
    """Measure on each database, and with Redis."""
    if sys.argv[1:] == ["here"]:
        measure()
        return
    cost_of_a_look()
    os.environ.pop("REDIS_URL", None)
    on_each_database()
    print("PostgreSQL and Redis", flush=True)
    with own_environment() as environment:
        run_here(environment, "postgres", "redis")


def cost_of_a_look() -> None:
    """Say what of a core it takes to look at the file of SQLite as often as a listener does."""
    import sqlite3

    with tempfile.NamedTemporaryFile() as file:
        one = sqlite3.connect(file.name, isolation_level=None)
        one.execute("PRAGMA journal_mode=WAL")
        each = timed(lambda: [one.execute("PRAGMA data_version").fetchone() for _ in range(LOOKS)])
        one.close()
    microseconds = each / LOOKS * 1e6
    print(f"a look at SQLite {microseconds:.1f} us, ten a second")
    verdict("thousandths of a core for looking", microseconds * 10 / 1e3, at_most=1)


def measure() -> None:
    """Measure in the installation of the environment."""
    from tests.config.pushing import ROOT, prepared, seen_elsewhere

    environment = dict(os.environ, SERVICES="config", PORT="0")
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=environment, check=True
    )
    known = json.loads(prepared(environment))
    with subprocess.Popen(
        [sys.executable, "manage.py", "serve"],
        cwd=ROOT,
        env=environment | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        port = int(next(line for line in server.stdout if " at http" in line).rpartition(":")[2])
        try:
            waits = seen_elsewhere(environment, known, port, CHANGES)
        finally:
            server.kill()
    at_most = 200 if "DATABASE_URL" in environment else 1_000
    for what, found in waits.items():
        worst = max(found) * 1e3
        print(f"  {what}: median {median(found) * 1e3:.0f} ms, worst {worst:.0f} ms")
        verdict(f"ms until the worst {what}", worst, at_most=500 if what == "stream" else at_most)


if __name__ == "__main__":
    main()
