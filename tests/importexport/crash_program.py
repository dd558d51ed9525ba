"""A process of its own for tests of crashes: an import, in children that are killed, and its undo.

It is given the points at which they are, and says what there is after the import and after the
undo. A point `random:<seed>` kills after a time that the seed tells, wherever it is then.
"""

import csv
import io
import json
import sys
from typing import Any
from unittest.mock import patch

import django

django.setup()

from apps.importexport.models import ImportJob, ImportState, RowImage, SeenKey  # noqa: E402
from apps.importexport.models.rows import model_of  # noqa: E402
from apps.importexport.selectors.tables import table_named  # noqa: E402
from apps.importexport.services import import_work, replacing, undoing  # noqa: E402
from apps.importexport.services.controlling import undo_import  # noqa: E402
from apps.importexport.services.imports import start_import  # noqa: E402
from kernel.mesh.fetching import fetched  # noqa: E402
from kernel.tenancy.context import in_tenant  # noqa: E402
from kernel.testing.tenants import make_tenant  # noqa: E402
from tests.importexport.crashing import go_on, work  # noqa: E402
from tests.importexport.importing import HEADER, MAPPING, airports, fill, held, import_of, somebody  # noqa: E402

COUNT = 400
#: Every tenth row is bad, every fifth is there already, and every fifteenth as it comes.
BAD, THERE, SAME = 10, 5, 15
patch.object(import_work, "piece_bytes", lambda: 700).start()
patch.object(replacing, "AT_ONCE", 30).start()
patch.object(undoing, "AT_ONCE", 30).start()
#: Longer than an import and its undo take here.
LONGEST_SECONDS = 1.5


def source() -> str:
    """Return the rows that are brought."""
    out = io.StringIO()
    rows = (
        (f"K{at:05}", f"Name {at}", "x" if at % BAD == 0 else at, "NL", "") for at in range(COUNT)
    )
    csv.writer(out, lineterminator="\n").writerows(rows)
    return HEADER + out.getvalue()


def prepare() -> ImportJob:
    """Make the table with rows that are there, and an import that is ready."""
    table = airports("NL")
    there = range(1, COUNT, THERE)
    fill(
        table,
        *(
            (f"K{at:05}", f"Name {at}", at, "NL", None)
            if at % SAME == 1
            else (f"K{at:05}", "Before", 1, "NL", None)
            for at in there
        ),
        ("Z", "Gone", 1, "NL", None),
    )
    made = import_of(source(), mode="upsert", mapping=MAPPING)
    if made.state != ImportState.READY:
        raise RuntimeError(f"{made.error_code}: {made.error_message}")
    return made


def through(service: Any, job: ImportJob, points: list[str]) -> list[bool]:
    """Have something done in children that are killed, then to its end."""
    with somebody():
        service(id=str(job.pk))
    killed = [work(point, longest_seconds=LONGEST_SECONDS) for point in points]
    go_on()
    return killed


def show(job: ImportJob) -> dict[str, Any]:
    """Return what there is."""
    job = ImportJob.objects.get(pk=job.pk)
    table = model_of(airports_table())
    return {
        "state": job.state,
        "counts": [job.read, job.inserted, job.updated, job.failed, job.undone, job.kept],
        "unchanged": job.unchanged,
        "seen": SeenKey.objects.count(),
        "rows": table.objects.count(),
        "mine": table.objects.filter(batch_id=job.pk).count(),
        "before": table.objects.filter(c_name="Before").count(),
        "images": RowImage.objects.count(),
        "held": [list(row[:2]) for row in held(airports_table())][:3],
        "errors": errors_of(job),
    }


def airports_table() -> Any:
    """Return the table."""
    return table_named("airports")


def errors_of(job: ImportJob) -> list[str]:
    """Return the lines that the file of errors names."""
    if job.errors_id is None:
        return []
    with somebody(), fetched(str(job.errors_id), most_bytes=10_000_000) as file:
        text = b"".join(file.chunks).decode()
    return [row["ident"] for row in csv.DictReader(io.StringIO(text))]


with in_tenant(make_tenant().pk):
    before, after = (text.split(",") if text else [] for text in sys.argv[1:3])
    wanted = prepare()
    told = {
        "killed": through(start_import, wanted, before),
        "imported": show(wanted),
        "killed_undoing": through(undo_import, wanted, after),
        "undone": show(wanted),
    }
    sys.stdout.write(json.dumps(told))
