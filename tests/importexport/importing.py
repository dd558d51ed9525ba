"""What tests of imports have in common: a table, a source that needs no files service, a way on."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings

from apps.importexport.models import DataTable, ImportJob
from apps.importexport.models.rows import model_of
from apps.importexport.services import imports
from apps.importexport.services.tables import create_table
from kernel.storage import storage
from kernel.storage.port import new_key
from kernel.tenancy.context import Principal, acting_as, current_tenant_id
from kernel.testing.jobs import drain

#: Where there is no files service, files of errors cannot be handed over.
with_files = pytest.mark.skipif(
    "files" not in settings.SERVICES, reason="runs where the files service is"
)
TEXT = {"type": "string"}
AIRPORTS: dict[str, Any] = {
    "fields": [
        {"name": "ident", **TEXT, "constraints": {"maxLength": 7}},
        {"name": "name", **TEXT},
        {"name": "elevation", "type": "integer", "constraints": {"maximum": 20000}},
        {"name": "country", **TEXT},
        {"name": "gps", **TEXT, "constraints": {"unique": True}},
    ],
    "primaryKey": "ident",
    "foreignKeys": [
        {"fields": "country", "reference": {"resource": "countries", "fields": "code"}}
    ],
}
COUNTRIES: dict[str, Any] = {
    "fields": [{"name": "code", **TEXT}],
    "primaryKey": "code",
}
HEADER = "ident,name,elevation,country,gps\n"
#: Each field from the column of its name.
FIELDS = ("ident", "name", "elevation", "country", "gps")
MAPPING = [{"field": name, "source": name} for name in FIELDS]


@contextmanager
def somebody() -> Iterator[None]:
    """Act as a service that may do everything here."""
    scopes = frozenset(["*"])
    tenant_id = current_tenant_id()
    who = Principal(kind="service", id="t", name="t", tenant_id=tenant_id, scopes=scopes)
    with acting_as(who):
        yield


def airports(*countries: str) -> DataTable:
    """Make the tables: airports, and the countries that there are."""
    other = create_table(name="countries", schema=COUNTRIES)
    rows = model_of(other)
    rows.objects.bulk_create([rows(c_code=code) for code in countries])
    return create_table(name="airports", schema=AIRPORTS)


def fill(table: DataTable, *rows: Sequence[Any]) -> None:
    """Write rows by hand."""
    model = model_of(table)
    model.objects.bulk_create(
        [
            model(**{f"c_{name}": value for name, value in zip(FIELDS, row, strict=True)})
            for row in rows
        ]
    )


def held(table: DataTable) -> list[tuple[Any, ...]]:
    """Return the rows of a table by their keys."""
    names = [f"c_{name}" for name in FIELDS]
    return list(model_of(table).objects.order_by("c_ident").values_list(*names))


def import_of(content: str | bytes, *, form: str = "csv", **plan: Any) -> ImportJob:
    """Make an import whose source is kept already, as if it had been fetched; look at it."""
    data = content.encode() if isinstance(content, str) else content
    key = new_key("importexport")
    storage().save(key, io.BytesIO(data))
    wanted = {"name": "airports.csv", "dataset": "tables.airports", **plan}
    with somebody():
        made = imports.create_import(**wanted)
        ImportJob.objects.filter(pk=made.pk).update(
            source_url="https://example.com/airports.csv", source_key=key
        )
        kept = {"mapping": plan["mapping"]} if "mapping" in plan else {}
        imports.update_import(id=str(made.pk), dialect={"format": form}, **kept)
    drain()
    return ImportJob.objects.get(pk=made.pk)


def run(job: ImportJob, service: Any = imports.start_import) -> ImportJob:
    """Have something done to an import, and its jobs run; return what it is then."""
    with somebody():
        service(id=str(job.pk))
    drain()
    return ImportJob.objects.get(pk=job.pk)
