"""Checking of imports: both ways in rows/s, beside what the csv module takes to read alone.

Chunks of some 2 MB, ten columns of every kind, clean and with 1 % of bad rows; rounds take turns.
The target: a million rows are typed frames and bytes for COPY within 5 s.
"""

import argparse
import csv
import io
import random
import statistics
import sys
import tempfile
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeAlias

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "platform"), str(ROOT)]

from apart import peak_memory, print_machine, timed, verdict  # noqa: E402

from apps.importexport.domain.checking.frames import copy_bytes  # noqa: E402
from apps.importexport.domain.checking.plans import Plan  # noqa: E402
from apps.importexport.domain.checking.problems import Checker  # noqa: E402
from apps.importexport.domain.checking.row_by_row import row_by_row  # noqa: E402
from apps.importexport.domain.checking.vectorised import vectorised  # noqa: E402
from apps.importexport.domain.mapping.columns import Column  # noqa: E402
from contracts.datasets import Field, Kind  # noqa: E402

TARGET_SECONDS = 5.0
CHUNK_BYTES = 2_000_000
FIELDS = (
    Field(name="id", kind=Kind.INTEGER, required=True, minimum="1"),
    Field(name="email", required=True, max_length=100, pattern=r"[^@\s]+@[^@\s]+\.[a-z]+"),
    Field(name="name", required=True, max_length=60),
    Field(name="country", choices=("DE", "FR", "US", "JP", "BR")),
    Field(name="amount", kind=Kind.DECIMAL, minimum="0", maximum="100000"),
    Field(name="score", kind=Kind.INTEGER, minimum="0", maximum="100"),
    Field(name="active", kind=Kind.BOOLEAN),
    Field(name="born", kind=Kind.DATE, minimum="1900-01-01"),
    Field(name="seen", kind=Kind.DATETIME),
    Field(name="note"),
)
Ways: TypeAlias = dict[str, tuple[list[Path], Callable[[list[Path]], None]]]
BAD = {4: "12,50", 5: "101", 7: "2024-02-30", 1: "nobody", 3: "XX"}


def main() -> None:
    """Measure, and print each figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--python-rows", type=int, default=100_000, help="row by row")
    parser.add_argument("--rounds", type=int, default=3)
    wanted = parser.parse_args()
    print_machine()
    names = tuple(field.name for field in FIELDS)
    mapping = tuple(Column(field=name, source=name) for name in names)
    plan = Plan(columns=names, mapping=mapping, fields=FIELDS)
    for bad in (0.0, 0.01):
        with tempfile.TemporaryDirectory() as folder:
            many = chunks(Path(folder), wanted.rows, bad)
            few = many[: max(1, len(many) * wanted.python_rows // wanted.rows)]
            ways: Ways = {
                "csv module alone": (many, read),
                "vectorised": (many, partial(check, vectorised(plan))),
                "row by row": (few, partial(check, row_by_row(plan))),
            }
            seconds = compare(ways, wanted.rounds, len(many) / wanted.rows, f"{bad:.0%} bad")
        verdict(
            f"seconds for 1M rows, {bad:.0%} bad",
            seconds["vectorised"] * 1_000_000 / wanted.rows,
            at_most=TARGET_SECONDS,
        )


def compare(ways: Ways, rounds: int, share: float, title: str) -> dict[str, float]:
    """Print and return the median seconds of each way."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    peaks: dict[str, float] = {}
    for _ in range(rounds):
        for name in random.sample(list(ways), len(ways)):
            files, work = ways[name]
            taken[name].append(timed(partial(work, files)))
            peaks[name] = peak_memory()
    medians = {name: statistics.median(each) for name, each in taken.items()}
    for name, (files, _) in ways.items():
        speed = len(files) / share / medians[name]
        print(f"{title}: {name:18} {speed:>10,.0f} rows/s, peak {peaks[name]:.0f} MB", flush=True)
    return medians


def chunks(folder: Path, rows: int, bad: float) -> list[Path]:
    """Return files of records as long as the chunks that the engine has."""
    chance = random.Random(1)
    found: list[Path] = []
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for number in range(1, rows + 1):
        row = record(number, chance)
        if chance.random() < bad:
            place = chance.choice(list(BAD))
            row[place] = BAD[place]
        writer.writerow(row)
        if out.tell() >= CHUNK_BYTES or number == rows:
            found.append(folder / f"{number}.csv")
            found[-1].write_text(out.getvalue(), encoding="utf-8", newline="")
            out.seek(0)
            out.truncate()
    return found


def record(number: int, chance: random.Random) -> list[str]:
    """Return one row of some 115 bytes."""
    day = f"{chance.randint(1940, 2010)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
    return [
        str(number),
        f"user{number}@example{number % 97}.com",
        f"Name {number % 9973} van Dijk",
        chance.choice(("DE", "FR", "US", "JP", "BR")),
        f"{chance.randint(0, 99_999)}.{chance.randint(0, 99):02}",
        str(chance.randint(0, 100)),
        chance.choice(("true", "false")),
        day,
        f"2024-{number % 12 + 1:02}-{number % 28 + 1:02}T{number % 24:02}:30:15Z",
        "" if number % 10 else f'said "{uuid.UUID(int=number)}", twice',
    ]


def read(files: list[Path]) -> None:
    """Only read."""
    for file in files:
        for _ in csv.reader(io.StringIO(file.read_bytes().decode(), newline="")):
            pass


def check(checker: Checker, files: list[Path]) -> None:
    """Check, and make bytes for COPY."""
    for file in files:
        copy_bytes(checker.check(file.read_bytes()).good.drop("row"))


if __name__ == "__main__":
    main()
