"""Demo data: an import that is done and one that waits, two tables, and an export."""

import csv
from pathlib import Path
from typing import Any

from django.db import transaction

from apps.importexport.domain.problems import Code
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
    ExportState,
    ImportFormat,
    ImportJob,
    ImportMode,
    ImportState,
    ImportTemplate,
    RowError,
)
from apps.importexport.models.rows import column_of, model_of
from apps.importexport.services.tables import create_table
from contracts.importexport import ExportCreated, ImportCreated
from kernel import clock
from kernel.demo import demo_id
from kernel.events.publishing import publish

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
#: The beginning of a source as an import shows it.
FREQUENCIES: dict[str, Any] = {
    "columns": ["id", "airport_ident", "type", "description", "frequency_mhz"],
    "rows": [
        ["70518", "00CA", "CTAF", "CTAF", "122.9"],
        ["307581", "01FL", "ARCAL", "", "122.9"],
    ],
    "warnings": [],
    "sheets": [],
    "members": [],
    "suggestions": [],
}


def load() -> str:
    """Make them in the current tenant, unless it has some already."""
    if not ImportJob.objects.exists():
        _make()
    if not DataTable.objects.exists():
        _make_tables()
    return f"{ImportJob.objects.count():,} import jobs, {DataTable.objects.count():,} tables"


@transaction.atomic
def _make() -> None:
    made = ImportJob.objects.create(
        id=demo_id("ImportJob", "runways.csv"),
        name="runways.csv",
        format=ImportFormat.CSV,
        state=ImportState.DONE,
        source_id=demo_id("File", "runways.csv"),
        row_count=48_184,
    )
    publish(
        ImportCreated(
            import_id=str(made.pk),
            name=made.name,
            format=str(made.format),
            source_id=str(made.source_id),
        )
    )
    waiting = ImportJob.objects.create(
        id=demo_id("ImportJob", "airport-frequencies.csv"),
        name="airport-frequencies.csv",
        format=ImportFormat.CSV,
        state=ImportState.READY,
        source_id=demo_id("File", "airport-frequencies.csv"),
        preview=FREQUENCIES,
    )
    publish(
        ImportCreated(
            import_id=str(waiting.pk),
            name=waiting.name,
            format=str(waiting.format),
            source_id=str(waiting.source_id),
        )
    )
    _add_error(made)


def _add_error(job: ImportJob) -> None:
    RowError.objects.create(
        id=demo_id("ImportError", "runways.csv"),
        import_id=job.pk,
        position=17,
        line=18,
        column="length_ft",
        source="length_ft",
        value="-1",
        code=Code.OUT_OF_RANGE,
        message="at least 0 is expected",
    )
    ImportTemplate.objects.create(
        id=demo_id("ImportTemplate", "runways"),
        name="runways",
        dataset="tables.runways",
        fingerprint="0" * 64,
        mapping=[
            {"field": "ident", "source": "le_ident", "constant": "", "transforms": []},
        ],
        mode=ImportMode.UPSERT,
    )


@transaction.atomic
def _make_tables() -> None:
    for name, schema, title in (
        ("countries", COUNTRIES, "Countries"),
        ("regions", REGIONS, "Regions of Europe"),
    ):
        _fill(create_table(name=name, schema=schema, title=title))
    made = ExportJob.objects.create(
        name="countries",
        dataset="tables.countries",
        format=ExportFormat.CSV,
        state=ExportState.READY,
        row_count=249,
        result_id=demo_id("File", "countries.csv"),
        finished_at=clock.now(),
    )
    publish(
        ExportCreated(
            export_id=str(made.pk),
            name=made.name,
            dataset=made.dataset,
            format=str(made.format),
        )
    )
    _add_delivery(made)


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
