"""Which column is taken for which field, on made-up headers and on real files."""

import csv
import gzip
from pathlib import Path

import pytest

from apps.importexport.domain.mapping.columns import Column
from apps.importexport.domain.mapping.names import likeness, words
from apps.importexport.domain.mapping.suggesting import suggest
from apps.importexport.domain.mapping.templates import applied, fingerprint
from apps.importexport.domain.transforms.dates import DateOrder, ParseDate
from apps.importexport.domain.transforms.numbers import ParseNumber
from apps.importexport.domain.transforms.texts import Join
from contracts.datasets import Field, Kind

DATA = Path(__file__).parent.parent.parent / "data" / "ourairports"


def pairs(
    columns: list[str], fields: list[Field], sample: list[list[str]] | None = None
) -> dict[str, str]:
    """Return the column suggested for each field."""
    return {one.field: one.source for one in suggest(columns, sample or [], fields)}


def head(name: str) -> tuple[list[str], list[list[str]]]:
    """Return the header and the first rows of a real file."""
    data = (DATA / name).read_bytes()
    text = (gzip.decompress(data) if name.endswith(".gz") else data).decode()
    header, *rows = csv.reader(text.splitlines()[:200])
    return header, rows


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("airportRef", ("airport", "ref")),
        ("le_heading_degT", ("le", "heading", "deg", "t")),
        ("E-Mail Adresse", ("e", "mail", "adresse")),
        ("Größe (cm)", ("groesse", "cm")),
        ("Cités", ("cite",)),
        ("HTTPStatus2", ("http", "status", "2")),
        ("categories", ("category",)),
        ("address", ("address",)),
        ("  ", ()),
    ],
)
def test_a_name_has_words(name: str, found: tuple[str, ...]) -> None:
    assert words(name) == found


@pytest.mark.parametrize(
    ("column", "field", "least"),
    [
        ("name", "name", 1.0),
        ("E-MAIL", "email", 0.97),
        ("First Name", "first_name", 0.97),
        ("Strasse", "Straße", 0.97),
        ("PLZ", "postcode", 0.9),
        ("Zip Code", "postal_code", 0.9),
        ("Nachname", "last_name", 0.9),
        ("Telephone number", "phone", 0.9),
        ("created at", "creation_date", 0.9),
        ("ident airport", "airport id", 0.85),
        ("adress", "address", 0.65),
        ("descripton", "description", 0.75),
        ("iso_country", "country", 0.9),
        ("customer email", "email", 0.6),
    ],
)
def test_names_are_alike(column: str, field: str, least: float) -> None:
    found = likeness(column, field)

    assert least <= found.degree
    assert found.why


@pytest.mark.parametrize(
    ("column", "field"), [("name", "date"), ("id", "price"), ("start", "state"), ("", "name")]
)
def test_names_are_not_alike(column: str, field: str) -> None:
    assert likeness(column, field).degree < 0.45


@pytest.mark.parametrize("name", ["countries.csv", "regions.csv", "runways.csv.gz"])
def test_every_header_of_a_real_file_finds_its_field(name: str) -> None:
    header, sample = head(name)
    spoken = {one: one.replace("_", " ").title() for one in header}

    found = suggest([spoken[one] for one in header], sample, [Field(name=one) for one in header])

    assert {one.field: one.source for one in found} == spoken
    assert all(one.confidence >= 0.9 for one in found)


def test_runways_of_another_vocabulary_find_their_fields() -> None:
    fields = [
        Field(name="id", kind=Kind.INTEGER, unique=True),
        Field(name="airport", title="Airport ident"),
        Field(name="length", title="Length ft", kind=Kind.INTEGER),
        Field(name="width", title="Width ft", kind=Kind.INTEGER),
        Field(name="surface"),
        Field(name="lit", title="Lighted", kind=Kind.BOOLEAN),
        Field(name="shut", title="Closed", kind=Kind.BOOLEAN),
    ]
    header, sample = head("runways.csv.gz")

    assert pairs(header, fields, sample) == {
        "id": "id",
        "airport": "airport_ident",
        "length": "length_ft",
        "width": "width_ft",
        "surface": "surface",
        "lit": "lighted",
        "shut": "closed",
    }


def test_no_column_and_no_field_is_suggested_twice() -> None:
    fields = [Field(name="name"), Field(name="title"), Field(name="first_name")]

    found = suggest(["Name", "name", "NAME", "Vorname"], [], fields)

    assert len({one.source for one in found}) == len(found)
    assert len({one.field for one in found}) == len(found)
    assert {one.field: one.source for one in found}["first_name"] == "Vorname"


def test_content_decides_where_names_say_nothing() -> None:
    fields = [
        Field(name="colour", choices=("red", "green", "blue")),
        Field(name="email", pattern=r"[^@\s]+@[^@\s]+"),
        Field(name="token", kind=Kind.UUID),
        Field(name="joined", kind=Kind.DATE),
    ]
    sample = [
        ["7", "ann@example.com", "2024-02-29", "red", "6f1d6a2e-8c0b-4f6e-9a57-0d6f3c1e2b48"],
        ["8", "bob@example.com", "2024-03-01", "blue", "6f1d6a2e-8c0b-4f6e-9a57-0d6f3c1e2b49"],
    ]

    found = suggest(["c1", "c2", "c3", "c4", "c5"], sample, fields)

    assert {one.field: one.source for one in found} == {
        "colour": "c4",
        "email": "c2",
        "token": "c5",
        "joined": "c3",
    }
    assert [one.why for one in found] == [
        "the values are its choices",
        "the values have its form",
        "the values are of the kind uuid",
        "the values are of the kind date",
    ]


def test_content_takes_from_a_name() -> None:
    fields = [Field(name="amount", kind=Kind.DECIMAL)]
    sample = [["many", "1"], ["few", "2"]]

    [right] = suggest(["amounts", "Betrag"], sample, fields)

    assert (right.source, right.confidence) == ("Betrag", 0.9)
    [doubtful] = suggest(["amount"], [["many"], ["2"]], fields)
    assert doubtful.confidence == 0.7
    assert doubtful.why == "the same name; 50% of the values fit"


def test_values_that_repeat_are_no_key() -> None:
    fields = [Field(name="code", unique=True)]

    [found] = suggest(["code"], [["a"], ["a"]], fields)

    assert (found.confidence, found.why) == (0.6, "the same name; but values repeat")


def test_what_has_to_be_done_to_values_is_suggested_with_them() -> None:
    fields = [Field(name="price", kind=Kind.DECIMAL), Field(name="day", kind=Kind.DATE)]
    sample = [["1.234,50", "02/28/2024"], ["12,99", "03/01/2024"]]

    price, day = suggest(["Preis", "Datum"], sample, fields)

    assert price.transforms == (ParseNumber(decimal=",", thousands="."),)
    assert day.transforms == (ParseDate(order=DateOrder.MONTH_FIRST),)
    assert price.column == Column(field="price", source="Preis", transforms=price.transforms)


def test_what_the_owner_makes_is_not_suggested() -> None:
    assert pairs(["id", "name"], [Field(name="id", read_only=True), Field(name="name")]) == {
        "name": "name"
    }


def test_hundreds_of_columns_are_suggested_soon() -> None:
    columns = [f"column {n} of the file" for n in range(500)]
    fields = [Field(name=f"field_{n}", kind=Kind.INTEGER) for n in range(20)]

    assert len(suggest(columns, [["1"] * 500] * 200, fields)) <= 20


def test_files_that_come_again_are_known_by_their_headers() -> None:
    first = fingerprint(["First Name", "E-Mail", "PLZ"])

    assert first == fingerprint(["plz", "first_name", "e_mail"])
    assert first != fingerprint(["first_name", "e_mail"])
    assert first != fingerprint(["first_name", "e_mail", "city"])


def test_a_kept_mapping_fits_the_headers_of_today() -> None:
    kept = (
        Column(field="name", source="First Name", transforms=(Join(columns=("Last Name",)),)),
        Column(field="mail", source="E-Mail"),
        Column(field="origin", constant="DE"),
        Column(field="gone", source="No more"),
    )

    found = applied(kept, ["e_mail", "last name", "FIRST_NAME"])

    assert found == (
        Column(field="name", source="FIRST_NAME", transforms=(Join(columns=("last name",)),)),
        Column(field="mail", source="e_mail"),
        Column(field="origin", constant="DE"),
    )
