"""A CSV into PostgreSQL, beside psql's `\\copy` of the same rows into the same table.

    tests/devservices/devservices run postgres -- python bench/bench_import.py [--rows 1000000]

Ten columns with types, ranges, a unique key and a relation; ours checks all of it, notes its
checkpoints and what is wrong with rows in a file. `\\copy` goes into a table with the same columns
and indexes, and into a plain one with a primary key. Rounds are in random order, each import in a
process of its own; medians of the ratio within a round. With `--bad 0.01` so many rows fail of
ours. `--memory` tells the peak at one and three times as many rows, `--first` how soon a preview is
there, and after the start the first progress, `--dry` how long a dry run takes beside the import.
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
from threading import Thread
from typing import Any
from uuid import UUID

sys.path[:0] = [str(Path(__file__).parents[1])]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

from apart import migrated, print_machine  # noqa: E402

TENANT = UUID(int=7)
SCHEMA: dict[str, Any] = {
    "fields": [
        {"name": "ident", "type": "string", "constraints": {"maxLength": 12}},
        {"name": "name", "type": "string", "constraints": {"required": True, "maxLength": 60}},
        {"name": "country", "type": "string"},
        {
            "name": "kind",
            "type": "string",
            "constraints": {"enum": ["small", "medium", "large", "heliport"]},
        },
        {"name": "elevation", "type": "integer", "constraints": {"minimum": -500, "maximum": 9000}},
        {"name": "length", "type": "number", "constraints": {"minimum": 0}},
        {"name": "lighted", "type": "boolean"},
        {"name": "opened", "type": "date"},
        {"name": "seen", "type": "datetime"},
        {"name": "email", "type": "string", "constraints": {"pattern": "[^@]+@[^@]+"}},
    ],
    "primaryKey": "ident",
    "foreignKeys": [
        {"fields": "country", "reference": {"resource": "countries", "fields": "code"}}
    ],
}
KINDS = ("small", "medium", "large", "heliport")


def write_source(path: Path, rows: int, bad: float) -> None:
    """Write rows of which so many have no number where one is expected."""
    every = round(1 / bad) if bad else rows + 1
    with path.open("w", newline="") as out:
        out.write("ident,name,country,kind,elevation,length,lighted,opened,seen,email\n")
        for at in range(rows):
            elevation = "high" if at % every == every - 1 else str(at % 9000 - 400)
            out.write(
                f"K{at:09},Airport number {at},C{at % 249:03},{KINDS[at % 4]},{elevation},"
                f"{at % 5000}.25,{'true' if at % 2 else 'false'},2024-{at % 12 + 1:02}-"
                f"{at % 28 + 1:02},2024-05-01T12:{at % 60:02}:00Z,person{at}@example.com\n"
            )


def setup() -> None:
    """Make Django ready."""
    import django

    django.setup()


def ours(path: Path, *, dry: bool = False) -> dict[str, Any]:
    """Import a source, and tell how long it took and how much memory; the dry run before, if so."""
    from apps.importexport.models import ImportJob
    from apps.importexport.models.rows import model_of, physical_name
    from apps.importexport.selectors.tables import table_named
    from apps.importexport.services import imports
    from apps.importexport.services.tables import create_table
    from kernel.errors import NotFoundError
    from kernel.identity.models import Tenant
    from kernel.storage import storage
    from kernel.storage.port import new_key
    from kernel.tenancy.context import in_tenant
    from kernel.testing.jobs import drain
    from kernel.testing.tenants import make_tenant
    from tests.importexport.importing import somebody

    tenant = Tenant.objects.first() or make_tenant()
    with in_tenant(tenant.pk):
        try:
            table_named("countries")
        except NotFoundError:
            schema = {"fields": [{"name": "code", "type": "string"}], "primaryKey": "code"}
            other = model_of(create_table(name="countries", schema=schema))
            other.objects.bulk_create([other(c_code=f"C{at:03}") for at in range(249)])
        name = f"airports_{os.getpid()}"
        table = create_table(name=name, schema=SCHEMA)
        key = new_key("importexport")
        with path.open("rb") as file:
            storage().save(key, file)
        with somebody():
            job = imports.create_import(name="airports.csv", dataset=f"tables.{name}")
            ImportJob.objects.filter(pk=job.pk).update(
                source_url="https://example.com/a.csv", source_key=key
            )
            looking = time.perf_counter()
            imports.update_import(id=str(job.pk), dialect={"format": "csv"})
            drain()
            looked_in = time.perf_counter() - looking
            checking = time.perf_counter()
            if dry:
                imports.check_import(id=str(job.pk))
                drain()
            checked_in = time.perf_counter() - checking
            imports.start_import(id=str(job.pk))
        at_rest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        begun = time.perf_counter()
        first = FirstProgress(job.pk, tenant.pk)
        drain()
        first.join()
        seconds = time.perf_counter() - begun
        job.refresh_from_db()
        assert job.state == "done", (job.state, job.error_code, job.error_message)
        return {
            "seconds": seconds,
            "rows": job.row_count,
            "failed": job.failed,
            "at_rest": at_rest,
            "preview": looked_in,
            "checked": checked_in,
            "first": first.at - begun,
            "table": physical_name(table),
        }


class FirstProgress(Thread):
    """Sees, as somebody who asks every 10 ms, when the first rows of an import are brought."""

    def __init__(self, import_id: UUID, tenant_id: UUID) -> None:
        super().__init__(daemon=True)
        self._import_id, self._tenant_id = import_id, tenant_id
        self.at = 0.0
        self.start()

    def run(self) -> None:
        from django.db import connection

        from apps.importexport.models import ImportJob
        from kernel.tenancy.context import in_tenant

        with in_tenant(self._tenant_id):
            while not ImportJob.objects.filter(pk=self._import_id, read__gt=0).exists():
                time.sleep(0.01)
        self.at = time.perf_counter()
        connection.close()


_COLUMNS = (
    "ident text, name text, country text, kind text, elevation bigint, length numeric(38, 20),"
    " lighted boolean, opened date, seen timestamptz, email text"
)
#: What `\\copy` writes: a table like ours, and one that has a key and nothing else.
TABLES = {
    "alike": (
        "CREATE TABLE {name} (id uuid PRIMARY KEY DEFAULT gen_random_uuid(),"
        f" tenant_id uuid NOT NULL DEFAULT '{TENANT}', batch_id uuid,"
        f" changed_at timestamptz NOT NULL DEFAULT now(), {_COLUMNS});"
        " CREATE UNIQUE INDEX ON {name} (tenant_id, ident);"
        " CREATE INDEX ON {name} (tenant_id, changed_at, id)"
    ),
    "plain": f"CREATE TABLE {{name}} ({_COLUMNS}, PRIMARY KEY (ident))",
}


def copied(path: Path, kind: str) -> dict[str, Any]:
    """Copy a source by psql into a table, and tell how long it took."""
    from django.db import connection

    name = f"copied_{os.getpid()}"
    with connection.cursor() as cursor:
        cursor.execute(TABLES[kind].format(name=name))
    told = connection.settings_dict
    columns = "ident,name,country,kind,elevation,length,lighted,opened,seen,email"
    command = f"\\copy {name} ({columns}) from '{path}' csv header"
    environment = os.environ | {
        "PGHOST": str(told["HOST"]),
        "PGPORT": str(told["PORT"]),
        "PGUSER": str(told["USER"]),
        "PGPASSWORD": str(told["PASSWORD"]),
        "PGDATABASE": str(told["NAME"]),
    }
    begun = time.perf_counter()
    subprocess.run(["psql", "-q", "-c", command], env=environment, check=True)
    seconds = time.perf_counter() - begun
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {name}")
    return {"seconds": seconds}


def apart(what: str, path: Path) -> dict[str, Any]:
    """Run one of both in a process of its own."""
    environment = os.environ | {"SERVICES": "importexport,files"}
    done = subprocess.run(
        [sys.executable, __file__, what, str(path)],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--bad", type=float, default=0.0)
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--first", action="store_true")
    parser.add_argument("--dry", action="store_true")
    told = parser.parse_args()
    print_machine()
    with tempfile.TemporaryDirectory(prefix="septet-bench-") as folder:
        os.environ.setdefault("DATA_DIR", folder)
        measure(told, Path(folder))


def measure(told: argparse.Namespace, folder: Path) -> None:
    migrated("importexport,files")
    path = folder / "source.csv"
    if told.memory:
        for rows in (told.rows, told.rows * 3):
            write_source(path, rows, told.bad)
            found = apart("ours", path)
            print(
                f"{rows:,} rows: peak {found['memory']:.0f} MB, before it {found['at_rest']:.0f}",
                flush=True,
            )
        return
    write_source(path, told.rows, told.bad)
    if told.first:
        for number in range(told.rounds):
            found = apart("ours", path)
            print(
                f"round {number + 1}: {told.rows:,} rows: preview after {found['preview']:.2f} s,"
                f" first progress after {found['first']:.2f} s, all after {found['seconds']:.2f} s",
                flush=True,
            )
        return
    if told.dry:
        for number in range(told.rounds):
            found = apart("dry", path)
            print(
                f"round {number + 1}: {told.rows:,} rows: dry run {found['checked']:.2f} s, import"
                f" {found['seconds']:.2f} s, peak {found['memory']:.0f} MB",
                flush=True,
            )
        return
    # One bad row ends `\\copy`.
    clean = folder / "clean.csv"
    write_source(clean, told.rows, 0.0)
    ratios: dict[str, list[float]] = {kind: [] for kind in TABLES}
    for number in range(told.rounds):
        names = ["ours", *TABLES]
        random.Random(number).shuffle(names)
        found = {name: apart(name, path if name == "ours" else clean) for name in names}
        ours_, seconds = found["ours"], {name: one["seconds"] for name, one in found.items()}
        for kind, of in ratios.items():
            of.append(seconds[kind] / seconds["ours"])
        shown = ", ".join(f"{kind} {seconds[kind]:.2f} s" for kind in TABLES)
        print(
            f"round {number + 1}: ours {seconds['ours']:.2f} s ({ours_['memory']:.0f} MB,"
            f" {ours_['failed']:,} failed), \\copy into {shown}",
            flush=True,
        )
    for kind, of in ratios.items():
        print(f"{statistics.median(of):.2f} [{min(of):.2f}-{max(of):.2f}] x \\copy into {kind}")


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] in ("ours", "dry", *TABLES):
        setup()
        what, source = sys.argv[1], Path(sys.argv[2])
        result = copied(source, what) if what in TABLES else ours(source, dry=what == "dry")
        result["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps(result))
    else:
        main()
