"""A process of its own for tests of crashes: it writes an export, in children that are killed.

It is given the points at which they are, one after the other, and says what there is at the end. A
point `random:<seed>` kills after a time that the seed tells.
"""

import json
import sys

import django

django.setup()

from apps.importexport.adapters.stores import export_store  # noqa: E402
from apps.importexport.models import ExportJob  # noqa: E402
from apps.importexport.models.rows import model_of  # noqa: E402
from apps.importexport.selectors import table_reading as reading  # noqa: E402
from apps.importexport.services.exports import create_export  # noqa: E402
from kernel.events.models import OutboxEvent  # noqa: E402
from kernel.identity.services import create_tenant  # noqa: E402
from kernel.mesh.client import mesh  # noqa: E402
from kernel.tenancy.context import in_tenant  # noqa: E402
from tests.importexport.crashing import go_on, work  # noqa: E402
from tests.importexport.exporting import asking, contents  # noqa: E402
from tests.importexport.tables import countries  # noqa: E402

ROWS = 2_000
#: Longer than an export takes here.
LONGEST_SECONDS = 1.0
reading.FETCHED = 100


def prepare() -> None:
    """Ask for an export of a table, in parts."""
    model = model_of(countries())
    model.objects.bulk_create(
        model(c_code=f"{at:05}", c_name="=" + "n" * 1_000) for at in range(ROWS)
    )
    with asking():
        create_export(
            format="csv", dataset="tables.countries", order=["code"], part_bytes=1_000_000
        )


def show() -> dict[str, object]:
    """Return what there is."""
    export = ExportJob.objects.get()
    files = contents(export)
    codes = [line[:5] for one in files for line in one.decode().splitlines()[1:]]
    with asking():
        kept = mesh.query("files", "{ files { nodes { name } } }")["files"]["nodes"]
    types = OutboxEvent.objects.filter(type__startswith="importexport.export")
    return {
        "state": export.state,
        "rows": export.row_count,
        "whole": codes == [f"{at:05}" for at in range(ROWS)],
        "files": sorted(one["name"] for one in kept),
        "left": len(list(export_store().keys("importexport"))),
        "events": sorted(types.values_list("type", flat=True)),
    }


with in_tenant(create_tenant(slug="crashing", name="Crashing").pk):
    prepare()
    killed = [work(point, longest_seconds=LONGEST_SECONDS) for point in sys.argv[1:]]
    go_on()
    sys.stdout.write(json.dumps({"killed": killed, **show()}))
