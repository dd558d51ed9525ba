"""48,184 real runways: what checking says is what counting in the test says."""

import csv
import gzip
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from apps.importexport.domain.checking.vectorised import vectorised
from contracts.datasets import Field, Kind
from tests.importexport.checking.plans import checked, plan_of

RUNWAYS = Path(__file__).parent.parent.parent / "data" / "ourairports" / "runways.csv.gz"


@pytest.fixture(scope="module")
def file() -> bytes:
    return gzip.decompress(RUNWAYS.read_bytes())


def test_every_runway_is_right_or_named(file: bytes) -> None:
    header, _, data = file.partition(b"\n")
    names = next(csv.reader([header.decode()]))
    rules: dict[str, Field] = {
        "id": Field(name="id", kind=Kind.INTEGER, required=True),
        "airport_ident": Field(name="airport_ident", pattern="[A-Z]{4}"),
        "length_ft": Field(name="length_ft", kind=Kind.INTEGER, minimum="1", maximum="20000"),
        "surface": Field(name="surface", required=True, max_length=20),
        "lighted": Field(name="lighted", kind=Kind.BOOLEAN),
        "closed": Field(name="closed", kind=Kind.BOOLEAN),
        "le_latitude_deg": Field(name="le_latitude_deg", kind=Kind.DECIMAL, minimum="0"),
        "le_elevation_ft": Field(name="le_elevation_ft", kind=Kind.INTEGER),
    }
    wrong: dict[str, Callable[[str], str | bool]] = {
        "airport_ident": lambda text: (
            not (len(text) == 4 and text.isascii() and text.isalpha() and text.isupper())
            and "NO_MATCH"
        ),
        "length_ft": lambda text: not 1 <= int(text or 1) <= 20_000 and "OUT_OF_RANGE",
        "surface": lambda text: (len(text) > 20 and "TOO_LONG") or (not text and "REQUIRED"),
        "le_latitude_deg": lambda text: text.startswith("-") and float(text) < 0 and "OUT_OF_RANGE",
    }
    expected: Counter[tuple[str, str]] = Counter()
    good = 0
    for row in csv.DictReader(file.decode().splitlines()):
        found = [(name, code) for name, says in wrong.items() if (code := says(row[name]))]
        expected.update((name, str(code)) for name, code in found)
        good += not found
    plan = plan_of(*(rules.get(name, Field(name=name)) for name in names))

    result = vectorised(plan).check(data)

    assert Counter((one.column, one.code) for one in result.problems) == expected
    assert (result.rows, result.good.height) == (48_184, good)
    assert 0 < good < 48_184
    assert len(expected) == 5
    lines = file.decode().splitlines()
    for one in result.problems[:50]:
        assert one.value == next(csv.DictReader([lines[0], lines[1 + one.line]]))[one.source][:200]
    some = b"".join(data.splitlines(keepends=True)[:5_000])
    assert checked(plan, some).problems == [one for one in result.problems if one.row < 5_000]
