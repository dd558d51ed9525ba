"""A process of its own for tests of crashes: an export is written and delivered, by the killed.

It is given the places that it goes to, and the points at which children are killed, one after the
other, and says what there is at the end. A point `random:<seed>` kills after a time that the seed
tells.
"""

import json
import sys
from typing import Any

import django

django.setup()

from apps.importexport.adapters.stores import export_store  # noqa: E402
from apps.importexport.models import ExportDelivery, ExportJob  # noqa: E402
from apps.importexport.models.rows import model_of  # noqa: E402
from apps.importexport.selectors import table_reading as reading  # noqa: E402
from apps.importexport.services.endpoints import create_endpoint  # noqa: E402
from apps.importexport.services.exports import create_export  # noqa: E402
from kernel.events.models import OutboxEvent  # noqa: E402
from kernel.identity.services import create_tenant  # noqa: E402
from kernel.mesh.client import mesh  # noqa: E402
from kernel.tenancy.context import in_tenant  # noqa: E402
from tests.importexport.crashing import go_on, work  # noqa: E402
from tests.importexport.exporting import asking, contents  # noqa: E402
from tests.importexport.tables import countries  # noqa: E402

ROWS = 2_000
#: Longer than an export and its deliveries take here.
LONGEST_SECONDS = 2.0
reading.FETCHED = 100


def prepare(format_: str, places: list[dict[str, Any]]) -> None:
    """Ask for an export of a table, in parts that go to these places."""
    model = model_of(countries())
    model.objects.bulk_create(
        model(c_code=f"{at:05}", c_name="=" + "n" * 1_000) for at in range(ROWS)
    )
    with asking():
        create_export(
            format=format_,
            dataset="tables.countries",
            order=["code"],
            part_bytes=1_000_000,
            deliver_to=[str(create_endpoint(**one).pk) for one in places],
        )


def codes_of(content: bytes) -> list[str]:
    """Return the codes of the rows of a file."""
    lines = content.decode().splitlines()
    if lines[0].startswith("{"):
        return [json.loads(line)["code"] for line in lines]
    return [line[:5] for line in lines[1:]]


def show() -> dict[str, object]:
    """Return what there is."""
    export = ExportJob.objects.get()
    codes = [code for one in contents(export) for code in codes_of(one)]
    with asking():
        kept = mesh.query("files", "{ files { nodes { name } } }")["files"]["nodes"]
    types = OutboxEvent.objects.filter(type__startswith="importexport.export")
    deliveries = ExportDelivery.objects.values_list("state", flat=True)
    delivered = OutboxEvent.objects.filter(type__startswith="importexport.delivery")
    return {
        "state": export.state,
        "rows": export.row_count,
        "whole": codes == [f"{at:05}" for at in range(ROWS)],
        "files": sorted(one["name"] for one in kept),
        "left": len(list(export_store().keys("importexport"))),
        "events": sorted(types.values_list("type", flat=True)),
        "deliveries": sorted(deliveries),
        "told": sorted(delivered.values_list("type", flat=True)),
        "sha256": {part.name: part.sha256 for part in export.parts.all()},
    }


with in_tenant(create_tenant(slug="crashing", name="Crashing").pk):
    prepare(sys.argv[1], json.loads(sys.argv[2]))
    killed = [work(point, longest_seconds=LONGEST_SECONDS) for point in sys.argv[3:]]
    go_on()
    sys.stdout.write(json.dumps({"killed": killed, **show()}))
