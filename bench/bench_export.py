"""Exports of a table beside PostgreSQL's own COPY TO: ratios of the same run, and peak memory.

    tests/devservices/devservices run postgres -- python bench/bench_export.py [--rounds 5]
        [--ways guarded gzip]

Ten columns, of which three are texts that are guarded. Each way runs in a process of its own, in an
order that is drawn anew each round, and the ratio is taken within the round.
"""

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from uuid import UUID

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "platform")]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

from apart import migrated, print_machine  # noqa: E402

TENANT = UUID(int=11)
NAME = "bench_export"
SCHEMA = {
    "fields": [
        {"name": "code", "type": "integer"},
        {"name": "name", "type": "string"},
        {"name": "note", "type": "string"},
        {"name": "city", "type": "string"},
        {"name": "amount", "type": "number"},
        {"name": "count", "type": "integer"},
        {"name": "open", "type": "boolean"},
        {"name": "day", "type": "date"},
        {"name": "seen", "type": "datetime"},
        {"name": "ref", "type": "string", "format": "uuid"},
    ],
    "primaryKey": "code",
}
WAYS = ("copy", "plain", "guarded", "gzip", "jsonl")


def fill(rows: int) -> None:
    """Make the table, and its rows by one statement."""
    from django.db import connection

    from apps.importexport.models import DataTable
    from apps.importexport.models.rows import physical_name
    from apps.importexport.services.tables import create_table
    from kernel.tenancy.context import in_tenant

    with in_tenant(TENANT):
        if DataTable.objects.filter(name=NAME).exists():
            return
        table = create_table(name=NAME, schema=SCHEMA)
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {physical_name(table)} (id, tenant_id, changed_at, c_code, c_name,"
                " c_note, c_city, c_amount, c_count, c_open, c_day, c_seen, c_ref)"
                " SELECT gen_random_uuid(), %s, now(), n, 'Item ' || n,"
                " CASE WHEN n %% 50 = 0 THEN '=SUM(A' || n || ')' ELSE 'Steel, galvanised' END,"
                " 'Galway', n * 0.37, n %% 97, n %% 2 = 0, date '2020-01-01' + (n %% 2000)::int,"
                " timestamptz '2024-01-01 00:00:00Z' + n * interval '1 second', gen_random_uuid()"
                " FROM generate_series(1, %s) n",
                [TENANT, rows],
            )
            cursor.execute(f"ANALYZE {physical_name(table)}")


def run(way: str) -> dict[str, Any]:
    """Write the table in one way; return seconds, bytes and peak memory."""
    from django.db import connection, transaction

    from apps.importexport.models import ExportJob
    from apps.importexport.models.rows import physical_name
    from apps.importexport.selectors.tables import table_named
    from apps.importexport.services.export_files import written
    from apps.importexport.services.export_sources import _of_table
    from kernel.tenancy.context import in_tenant

    with tempfile.TemporaryDirectory() as folder, in_tenant(TENANT):
        table = table_named(NAME)
        columns = ", ".join(f"c_{one}" for one in table.described)
        begun = time.perf_counter()
        if way == "copy":
            path = Path(folder) / "copy"
            with (
                path.open("wb") as out,
                transaction.atomic(),
                connection.cursor() as cursor,
                cursor.copy(
                    f"COPY (SELECT {columns} FROM {physical_name(table)}) TO STDOUT (FORMAT csv)"
                ) as stream,
            ):
                for chunk in stream:
                    out.write(chunk)
        else:
            export = ExportJob(
                dataset=table.dataset_name,
                format="jsonl" if way == "jsonl" else "csv",
                compression="gzip" if way == "gzip" else "none",
                guard=way != "plain",
            )
            path = written(export, _of_table(export, table), Path(folder))[0].path
        seconds = time.perf_counter() - begun
        size = path.stat().st_size
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "bytes": size, "megabytes": peak}


def main() -> None:
    """Measure, or be one of the processes that are measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    told = parser.parse_args()

    import django

    django.setup()
    if told.way:
        print(json.dumps(run(told.way)))
        return
    print_machine()
    migrated("importexport,files")
    fill(told.rows)
    ways = ["copy", *(way for way in told.ways if way != "copy")]
    ratios: dict[str, list[float]] = {way: [] for way in ways}
    last: dict[str, dict[str, Any]] = {}
    for _ in range(told.rounds):
        for way in random.sample(ways, len(ways)):
            done = subprocess.run(
                [sys.executable, __file__, "--way", way], capture_output=True, text=True, check=True
            )
            last[way] = json.loads(done.stdout)
        for way in ways:
            ratios[way].append(last["copy"]["seconds"] / last[way]["seconds"])
    for way in ways:
        found = last[way]
        print(
            f"{way:8} {statistics.median(ratios[way]):5.2f} of COPY TO"
            f" [{min(ratios[way]):.2f}-{max(ratios[way]):.2f}]"
            f" {found['seconds']:6.2f} s {found['bytes'] / 1e6:6.0f} MB,"
            f" peak memory {found['megabytes']:.0f} MB"
        )


if __name__ == "__main__":
    main()
