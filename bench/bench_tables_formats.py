"""Tables as files: workbooks beside openpyxl, and a look at a file of 5 GB.

    python bench/bench_tables_formats.py [--rows 100000] [--rounds 3]

Each engine runs in a process of its own, in turn, on ten columns. Read is from the file to rows
of texts: ours writes them as CSV besides, from a process that can do nothing else, whose memory is
not in the figure. Written is the same content, at the same level of compression. Compared is the
time of the processor, of all processes.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from apart import ROOT, own_environment, peak_memory, print_machine, verdict

sys.path[:0] = [str(ROOT), str(ROOT / "platform")]

READ_TARGET, WRITE_TARGET, PREVIEW_SECONDS = 8, 3, 1
LONG_BYTES = 5_000_000_000
COLUMNS = ("id", "name", "amount", "count", "ok", "day", "city", "note", "code", "score")


def row(at: int) -> list[Any]:
    """Return a row as a table has them: texts, numbers, dates."""
    return [
        f"{at:012}",
        f"Person number {at}",
        at % 1000 + 0.25,
        at % 97,
        at % 3 == 0,
        f"2026-{at % 12 + 1:02}-{at % 28 + 1:02}",
        ("Wien", "Graz", "Linz", "Salzburg")[at % 4],
        "a note of some words" if at % 5 else "",
        f"C-{at % 10_000}",
        at / 7,
    ]


def write_ours(path: Path, rows: int) -> None:
    """Write a workbook as exports do."""
    from apps.importexport.adapters.writing.files import table_file
    from apps.importexport.domain.formats.dialects import Format
    from contracts.datasets import Field, Kind

    kinds = {"amount": Kind.DECIMAL, "count": Kind.INTEGER, "ok": Kind.BOOLEAN}
    kinds |= {"day": Kind.DATE, "score": Kind.DECIMAL}
    fields = [Field(name=name, kind=kinds.get(name, Kind.TEXT)) for name in COLUMNS]
    with path.open("wb") as out, table_file(out, format=Format.XLSX, fields=fields) as table:
        for first in range(0, rows, 500):
            some = range(first, min(first + 500, rows))
            table.write([dict(zip(COLUMNS, row(at), strict=True)) for at in some])


def write_openpyxl(path: Path, rows: int) -> None:
    """Write the same by openpyxl, in the way that it is fastest."""
    from datetime import date

    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Table")
    sheet.append(COLUMNS)
    for at in range(rows):
        values = row(at)
        values[5] = date.fromisoformat(values[5])
        sheet.append(values)
    book.save(path)


def read_ours(path: Path, _rows: int) -> None:
    """Read a workbook as imports do."""
    from apps.importexport.adapters.reading.plain import plain
    from apps.importexport.domain.formats.dialects import Dialect, Format

    with tempfile.TemporaryDirectory() as folder:
        plain(path, Dialect(format=Format.XLSX), folder=Path(folder))


def read_openpyxl(path: Path, _rows: int) -> None:
    """Read the same by openpyxl, in the way that it is fastest."""
    from openpyxl import load_workbook

    book = load_workbook(path, read_only=True)
    for _ in book.worksheets[0].iter_rows(values_only=True):
        pass


ENGINES: dict[str, Callable[[Path, int], None]] = {
    "write_ours": write_ours,
    "write_openpyxl": write_openpyxl,
    "read_ours": read_ours,
    "read_openpyxl": read_openpyxl,
}


def here(name: str, path: Path, small: Path, rows: int) -> None:
    """Run an engine in this process, warm, and print what it took."""
    import django

    django.setup()
    engine = ENGINES[name]
    engine(small, 50)
    beside = time_of_sandbox()
    started, cpu_started = time.perf_counter(), time.process_time()
    engine(path, rows)
    cpu = time.process_time() - cpu_started + sum(beside)
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak_mb": peak_memory()}))


def time_of_sandbox() -> list[float]:
    """Return a list to which each call in the sandbox adds the time of the processor it took."""
    from apps.importexport.adapters.reading import books

    run, took = books.BOOKS.run, []

    def timed_run(*arguments: Any, **more: Any) -> Any:
        answer = run(*arguments, **more)
        took.append(answer.cpu_seconds)
        return answer

    books.BOOKS.run = timed_run  # type: ignore[method-assign]
    return took


def measured(name: str, path: Path, small: Path, rows: int) -> dict[str, float]:
    """Run an engine in a process of its own."""
    command = [sys.executable, __file__, name, str(path), str(small), "--rows", str(rows)]
    with own_environment() as environment:
        found = subprocess.run(command, capture_output=True, check=True, text=True, env=environment)
    told: dict[str, float] = json.loads(found.stdout)
    return told


def compare(folder: Path, rows: int, rounds: int) -> None:
    """Measure reading and writing, in turn."""
    path, small = folder / "table.xlsx", folder / "small.xlsx"
    write_openpyxl(path, rows)
    write_openpyxl(small, 50)
    # Whoever writes leaves the files that are read as they are.
    files = {"read": (path, small), "write": (folder / "made.xlsx", folder / "made-small.xlsx")}
    for kind, target in (("write", WRITE_TARGET), ("read", READ_TARGET)):
        ratios = []
        for number in range(rounds):
            names = [f"{kind}_ours", f"{kind}_openpyxl"][:: 1 if number % 2 else -1]
            took = {name: measured(name, *files[kind], rows) for name in names}
            ours, theirs = took[f"{kind}_ours"], took[f"{kind}_openpyxl"]
            ratios.append(theirs["cpu"] / ours["cpu"])
            print(
                f"{kind} of {rows:,} rows: {_told(ours)}; openpyxl {_told(theirs)}",
                flush=True,
            )
        verdict(f"XLSX {kind}, times openpyxl", statistics.median(ratios), at_least=target)


def _told(took: dict[str, float]) -> str:
    return f"{took['cpu']:.2f} s ({took['seconds']:.2f} by the clock), {took['peak_mb']:.0f} MB"


def look(folder: Path) -> None:
    """Measure a preview of 5 GB, the guess at its dialect with it."""
    from apps.importexport.adapters.reading.plain import preview
    from apps.importexport.domain.formats.guessing import SAMPLE_BYTES, guess

    path = folder / "long.csv"
    with path.open("wb") as out:
        lines = [",".join(map(str, row(at))) for at in range(100_000)]
        out.write("\n".join([",".join(COLUMNS), *lines]).encode())
        out.truncate(LONG_BYTES)
    started = time.perf_counter()
    with path.open("rb") as file:
        dialect = guess(file.read(SAMPLE_BYTES), name=path.name)
    shown = preview(path, dialect)
    seconds = time.perf_counter() - started
    assert (len(shown.rows), shown.columns) == (50, COLUMNS)
    print(f"preview of {path.stat().st_size:,} bytes: {seconds * 1000:.0f} ms")
    verdict("preview of 5 GB, seconds", seconds, at_most=PREVIEW_SECONDS)


def main() -> None:
    """Measure all, or one engine in this process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("engine", nargs="?", choices=ENGINES)
    parser.add_argument("path", nargs="?", type=Path)
    parser.add_argument("small", nargs="?", type=Path)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    told = parser.parse_args()
    if told.engine:
        here(told.engine, told.path, told.small, told.rows)
        return
    print_machine()
    with tempfile.TemporaryDirectory() as folder:
        compare(Path(folder), told.rows, told.rounds)
        look(Path(folder))


if __name__ == "__main__":
    main()
