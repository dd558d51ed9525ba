"""Demo data: two tables, imports of files that the files service has, and an export."""

import csv
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from django.db import transaction

from apps.importexport.domain.mapping.templates import fingerprint
from apps.importexport.domain.tables.values import read
from apps.importexport.models import (
    DataEndpoint,
    DataTable,
    DeliveryState,
    EndpointKind,
    EndpointState,
    ExportDelivery,
    ExportFormat,
    ExportJob,
    ImportFormat,
    ImportJob,
    ImportMode,
    ImportState,
    ImportTemplate,
)
from apps.importexport.models.rows import column_of, model_of
from apps.importexport.services.exports import create_export
from apps.importexport.services.standing import set_to_work
from apps.importexport.services.tables import create_table
from contracts.importexport import ImportCreated
from kernel import clock
from kernel.demo import demo_id
from kernel.errors import UnavailableError
from kernel.events.publishing import publish
from kernel.identity.authentication import principal_of
from kernel.identity.models import Membership
from kernel.jobs.services import enqueue
from kernel.mesh.client import mesh
from kernel.tenancy.context import acting_as, current_tenant_id

SAMPLES = Path(__file__).parent / "samples"
_TEXT = {"type": "string"}
COUNTRIES: dict[str, Any] = {
    "fields": [
        {"name": "code", **_TEXT, "title": "ISO code", "constraints": {"pattern": "[A-Z]{2}"}},
        {"name": "name", **_TEXT, "constraints": {"required": True}},
        {
            "name": "continent",
            **_TEXT,
            "constraints": {"enum": ["AF", "AN", "AS", "EU", "NA", "OC", "SA"]},
        },
        {"name": "keywords", **_TEXT, "description": "What people look for."},
    ],
    "primaryKey": "code",
}
REGIONS: dict[str, Any] = {
    "fields": [
        {"name": "code", **_TEXT, "title": "ISO 3166-2", "constraints": {"maxLength": 8}},
        {"name": "name", **_TEXT, "constraints": {"required": True}},
        {"name": "country", **_TEXT, "constraints": {"required": True}},
        {"name": "local_code", **_TEXT},
    ],
    "primaryKey": "code",
    "foreignKeys": [
        {"fields": "country", "reference": {"resource": "countries", "fields": "code"}}
    ],
}
#: What is brought of countries.csv, which the files service has; sixteen rows have no keywords.
COLUMNS = ("id", "code", "name", "continent", "wikipedia_link", "keywords")
MAPPING: list[dict[str, Any]] = [
    {"field": name, "source": name, "constant": "", "transforms": []}
    for name in ("code", "name", "continent", "keywords")
]
RULES = [{"name": "required_if", "field": "keywords", "other": "continent"}]


def load() -> str:
    """Make them in the current tenant, unless it has some already."""
    with _as_owner():
        if not DataTable.objects.exists():
            _make_tables()
        if not ImportJob.objects.exists():
            _make()
    return f"{ImportJob.objects.count():,} import jobs, {DataTable.objects.count():,} tables"


def _as_owner() -> AbstractContextManager[Any]:
    """Act as somebody of the tenant: jobs do what that person may."""
    rows = Membership.objects.filter(tenant_id=current_tenant_id()).select_related("user")
    owner = rows.order_by("created_at", "id").first()
    return acting_as(principal_of(owner, owner.user)) if owner else nullcontext()


@transaction.atomic
def _make() -> None:
    """Ask for imports and an export: jobs do them, once somebody runs jobs."""
    _ask_for(
        "countries.csv",
        dataset="tables.countries",
        mapping=MAPPING,
        rules=RULES,
        mode=ImportMode.UPSERT,
        unattended=True,
    )
    _ask_for("airport-frequencies.csv")
    # The files are looked at for viruses first.
    enqueue("importexport.read_demo", live_key="importexport.read_demo")
    ImportTemplate.objects.create(
        id=demo_id("ImportTemplate", "countries"),
        name="countries",
        dataset="tables.countries",
        fingerprint=fingerprint(COLUMNS),
        mapping=MAPPING,
        mode=ImportMode.UPSERT,
    )
    _add_delivery(create_export(format=ExportFormat.CSV, dataset="tables.countries"))


def _ask_for(name: str, **plan: Any) -> None:
    made = ImportJob.objects.create(
        id=demo_id("ImportJob", name),
        name=name,
        format=ImportFormat.CSV,
        source_id=demo_id("File", name),
        **plan,
    )
    publish(
        ImportCreated(
            import_id=str(made.pk),
            name=made.name,
            format=str(made.format),
            source_id=str(made.source_id),
        )
    )


def read_sources() -> None:
    """Let imports go on whose files are given out; raises UnavailableError while one is not yet."""
    with _as_owner():
        for name in ("countries.csv", "airport-frequencies.csv"):
            file_id = str(demo_id("File", name))
            found = mesh.query("files", "query($id: ID!) { file(id: $id) { state } }", id=file_id)
            if found["file"] is None or found["file"]["state"] != "CLEAN":
                raise UnavailableError(f"{name} is not given out yet")
            with transaction.atomic():
                waiting = ImportJob.objects.select_for_update().filter(state=ImportState.DRAFT)
                made = waiting.filter(pk=demo_id("ImportJob", name)).first()
                if made is not None:
                    set_to_work(made, ImportState.ANALYSING)


@transaction.atomic
def _make_tables() -> None:
    for name, schema, title in (
        ("countries", COUNTRIES, "Countries"),
        ("regions", REGIONS, "Regions of Europe"),
    ):
        _fill(create_table(name=name, schema=schema, title=title))


def _add_delivery(export: ExportJob) -> None:
    """Tell of a place that is not there: nothing is ever sent to it."""
    endpoint = DataEndpoint.objects.create(
        id=demo_id("DataEndpoint", "warehouse"),
        name="warehouse",
        kind=EndpointKind.WEBHOOK,
        settings={"address": "https://warehouse.example/hooks/septet", "link_days": 1},
        state=EndpointState.DISABLED,
        failures=1,
        last_error="OUTBOUND_FAILED: the webhook answers 503",
    )
    ExportDelivery.objects.create(
        id=demo_id("ExportDelivery", "countries"),
        export=export,
        endpoint=endpoint,
        state=DeliveryState.FAILED,
        attempts=1,
        tried_at=clock.now(),
        error_code="OUTBOUND_FAILED",
        error_message="the webhook answers 503",
    )


def _fill(table: DataTable) -> None:
    model = model_of(table)
    with (SAMPLES / f"{table.name}.csv").open(encoding="utf-8", newline="") as file:
        rows = [
            model(
                **{
                    column_of(name): read(table.described[name], text or None)
                    for name, text in row.items()
                }
            )
            for row in csv.DictReader(file)
        ]
    model.objects.bulk_create(rows, batch_size=500)
