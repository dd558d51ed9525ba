"""What a kept connection to PostgreSQL saves, and how long a million rows take to come back.

Targets: a read by a connection of the pool at least 20 times as often a second as by a fresh
connection each; a backup of a million rows restored within 5 minutes, every table compared.
PostgreSQL comes from `devservices`.
"""

import argparse
import base64
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
DEVSERVICES = ROOT / "tests" / "devservices" / "devservices"
ROUNDS, FRESH_READS, POOLED_READS = 5, 100, 4_000
AT_LEAST_TIMES, RESTORE_SECONDS = 20.0, 300.0
READ = "SELECT name FROM identity_tenant WHERE id = '00000000-0000-0000-0000-000000000000'"
# As files have them: an id, a tenant, texts, a moment, a document of JSON.
FILL = """
    CREATE TABLE bench_rows AS SELECT gen_random_uuid() AS id, gen_random_uuid() AS tenant_id,
        'report-' || n || '.pdf' AS name, n * 1000 AS size_bytes,
        now() - n * interval '1 second' AS created_at, jsonb_build_object('n', n) AS told
    FROM generate_series(1, {rows}) AS n;
    ALTER TABLE bench_rows ADD PRIMARY KEY (id);
    CREATE INDEX ON bench_rows (tenant_id, created_at);
"""


def main() -> None:
    """Measure, print each figure beside its target, and exit with 1 when one is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    wanted = parser.parse_args()
    if "DATABASE_URL" not in os.environ:
        # Again, with a PostgreSQL of its own that ends with it.
        again = [sys.executable, *sys.argv]
        sys.exit(subprocess.call([str(DEVSERVICES), "run", "postgres", "--", *again]))
    with tempfile.TemporaryDirectory() as folder:
        begin(folder)
        met = [connections_kept(), restored(wanted.rows)]
    sys.exit(0 if all(met) else 1)


def begin(folder: str) -> None:
    """Make the tables of files, and set Django up with a pool."""
    os.environ |= {
        "DATA_DIR": folder,
        "DJANGO_SETTINGS_MODULE": "project.settings",
        "LOG_LEVEL": "ERROR",
        "SERVICES": "files",
        "DATABASE_POOL_SIZE": "8",
        "BACKUP_TO": f"{folder}/backups",
        "BACKUP_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
    }
    sys.path[:0] = [str(ROOT / "platform"), str(ROOT)]
    import django

    django.setup()
    manage("migrate", "-v0")


def connections_kept() -> bool:
    """Print how often one thread reads a second; tell whether the target is met."""
    import psycopg
    from django.db import connection

    def fresh() -> None:
        with psycopg.connect(os.environ["DATABASE_URL"]) as own:
            own.execute(READ).fetchone()

    def pooled() -> None:
        with connection.cursor() as cursor:
            cursor.execute(READ)
            cursor.fetchone()
        # Back to the pool, as at the end of a request.
        connection.close()

    # In turn, so that whatever else the machine does meets both.
    rates = [
        (per_second(fresh, FRESH_READS), per_second(pooled, POOLED_READS)) for _ in range(ROUNDS)
    ]
    times = median(after / before for before, after in rates)
    print(f"fresh connections     {median(one for one, _ in rates):8.0f} /s")
    print(f"of the pool           {median(one for _, one in rates):8.0f} /s")
    print(f"times as often        {times:8.1f}       at least {AT_LEAST_TIMES}")
    return times >= AT_LEAST_TIMES


def restored(rows: int) -> bool:
    """Print how long a backup of so many rows takes to make, to prove and to restore."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(FILL.format(rows=rows))
    connection.close()
    made = seconds(lambda: manage("backup"))
    proved = seconds(lambda: manage("verify"))
    back = seconds(lambda: manage("restore", "--overwrite"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM bench_rows")
        found = cursor.fetchone()[0]
    if found != rows:
        sys.exit(f"{rows} rows were backed up, {found} came back")
    print(f"backup of {rows:,} rows {made:8.1f} s")
    print(f"proved elsewhere      {proved:8.1f} s")
    print(f"restored              {back:8.1f} s     at most {RESTORE_SECONDS} s")
    return back <= RESTORE_SECONDS


def per_second(read: Callable[[], None], reads: int) -> float:
    """Return how often a second something is done."""
    read()
    return reads / seconds(lambda: [read() for _ in range(reads)])


def seconds(do: Callable[[], object]) -> float:
    """Return how long something takes."""
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


def manage(*arguments: str) -> None:
    """Run a command; what it says is of no interest unless it fails."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(json.dumps({"command": arguments, "error": done.stderr[-2000:]}))


if __name__ == "__main__":
    main()
