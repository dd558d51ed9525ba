"""A process of its own for tests of crashes: rows go into a database outside, and are taken back.

It is given the points at which its children are killed, and says what there is after the import and
after the undo. With SQLite its own database is new, and made first.
"""

import json
import sys
from typing import Any
from unittest.mock import patch

import django

django.setup()

import psycopg  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from apps.importexport.conf import external_databases  # noqa: E402
from apps.importexport.domain.externals import tables  # noqa: E402
from apps.importexport.models import ImportJob  # noqa: E402
from apps.importexport.services import import_work  # noqa: E402
from apps.importexport.services.controlling import undo_import  # noqa: E402
from apps.importexport.services.imports import start_import  # noqa: E402
from kernel.tenancy.context import in_tenant  # noqa: E402
from kernel.testing.tenants import make_tenant  # noqa: E402
from tests.importexport.crashing import go_on, work  # noqa: E402
from tests.importexport.importing import import_of, somebody  # noqa: E402

COUNT, THERE = 400, 5
LONGEST_SECONDS = 2.0
patch.object(import_work, "piece_bytes", lambda: 900).start()
patch.object(tables, "BATCH_ROWS", 25).start()
MODE = sys.argv[1]


def source() -> str:
    """Return the rows that are brought."""
    rows = (f"{at},name {at},1,NL\n" for at in range(COUNT) if MODE == "upsert" or at % THERE)
    return f"id,name,amount,country\n{''.join(rows)}"


def through(service: Any, job: ImportJob, points: list[str]) -> list[bool]:
    """Have something done in children that are killed, then to its end."""
    with somebody():
        service(id=str(job.pk))
    killed = [work(point, longest_seconds=LONGEST_SECONDS) for point in points]
    go_on()
    return killed


def show(job: ImportJob) -> dict[str, Any]:
    """Return what there is: rows, those that an import made or changed, and what it counts."""
    job.refresh_from_db()
    to = external_databases()["erp"]
    with psycopg.connect(to.url) as owner:
        rows = owner.execute(f"SELECT id, name FROM {to.schema}.orders ORDER BY id").fetchall()
    return {
        "state": job.state,
        "counts": [job.inserted, job.updated, job.failed, job.undone, job.kept],
        "ids": [id_ for id_, _ in rows] == sorted({id_ for id_, _ in rows}),
        "rows": len(rows),
        "before": sum(name == "before" for _, name in rows),
    }


if connection.vendor == "sqlite":
    call_command("migrate", verbosity=0)
with in_tenant(make_tenant().pk):
    before, after = (text.split(",") if text else [] for text in sys.argv[2:4])
    wanted = import_of(
        source(),
        dataset="external.erp.orders",
        mode=MODE,
        mapping=[{"field": one, "source": one} for one in ("id", "name", "amount", "country")],
    )
    told = {
        "killed": through(start_import, wanted, before),
        "imported": show(wanted),
        "killed_undoing": through(undo_import, wanted, after),
        "undone": show(wanted),
    }
    sys.stdout.write(json.dumps(told))
