"""What tests of tables have in common: two of them, one that refers to the other, and rows."""

from typing import Any

from apps.importexport.models import DataTable
from apps.importexport.models.rows import column_of, model_of
from apps.importexport.services.tables import create_table

COUNTRIES: dict[str, Any] = {
    "fields": [
        {"name": "code", "type": "string", "constraints": {"maxLength": 2}},
        {"name": "name", "type": "string", "constraints": {"required": True}},
    ],
    "primaryKey": "code",
}
AIRPORTS: dict[str, Any] = {
    "fields": [
        {"name": "ident", "type": "string", "constraints": {"pattern": "[A-Z0-9]{3,7}"}},
        {"name": "name", "type": "string"},
        {"name": "country", "type": "string"},
        {"name": "elevation", "type": "integer", "constraints": {"minimum": -1500}},
        {"name": "latitude", "type": "number"},
        {"name": "open", "type": "boolean"},
        {"name": "since", "type": "date"},
        {"name": "seen", "type": "datetime"},
        {"name": "ref", "type": "string", "format": "uuid"},
        {"name": "more", "type": "object"},
    ],
    "primaryKey": ["ident"],
    "foreignKeys": [
        {"fields": "country", "reference": {"resource": "countries", "fields": "code"}}
    ],
}
#: One of each kind, as datasets tell them.
TEMPELHOF: dict[str, Any] = {
    "ident": "EDDI",
    "name": 'Tempelhof, "THF"\nBerlin',
    "country": "DE",
    "elevation": 164,
    "latitude": "52.473",
    "open": False,
    "since": "1923-10-08",
    "seen": "2008-10-30T22:17:00.5Z",
    "ref": "01900000-0000-7000-8000-000000000000",
    "more": {"runways": [9, 27]},
}


def countries(*codes: str) -> DataTable:
    """Make the table of countries, with these in it."""
    table = create_table(name="countries", schema=COUNTRIES)
    for code in codes:
        put(table, code=code, name=f"Country {code}")
    return table


def airports() -> DataTable:
    """Make the table of airports, which refers to that of countries."""
    countries("DE", "FR")
    return create_table(name="airports", schema=AIRPORTS, title="Airports")


def put(table: DataTable, **values: Any) -> Any:
    """Write a row, whatever the table says of its values; `changed_at` is when it was."""
    own = {"changed_at": values.pop("changed_at")} if "changed_at" in values else {}
    told = {column_of(name): value for name, value in values.items()}
    return model_of(table).objects.create(**told, **own)
