"""Documents beside the libraries under them: the targets, as ratios of the same round.

    python bench/bench_documents.py [pdf rows wrapped xlsx xlsx-rows docx invoice] [--rounds 5]
    python bench/bench_documents.py --table pdf|wrapped|xlsx|docx|values|runways [--rows 5000]

Each engine runs in a process of its own (`documents_engines.py`), once a round, in an order that is
drawn anew; what counts is time of the processor, but of an invoice, for which somebody waits. A
ratio is taken within a round, and the median of the rounds is held to the target. `--table` shows
rows per second and memory of all engines of a kind instead.
"""

import argparse
import gc
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "platform")]

from apart import peak_memory, print_machine, verdict  # noqa: E402
from documents_engines import KINDS, PAUSE_SECONDS  # noqa: E402

#: What was measured of one engine: `cpu_s`, `wall_s`, `peak_mb`, `kb`.
Measured = dict[str, float]
#: A round: by engine and number of rows.
Round = dict[tuple[str, int], Measured]
#: Of the fixed costs of a document nothing is left to be seen.
ROWS = 5_000


def measure(kind: str, engine: str, rows: int) -> Measured:
    """Return what the run alone takes, once it is warm, and the memory of the process."""
    made = KINDS[kind][engine]
    made(min(200, rows))()
    run = made(rows)
    gc.collect()
    cpu, wall = time.process_time(), time.perf_counter()
    size = run()
    return {
        "cpu_s": time.process_time() - cpu,
        "wall_s": time.perf_counter() - wall,
        "peak_mb": peak_memory(),
        "kb": size / 1024,
    }


def apart(kind: str, engine: str, rows: int) -> Measured:
    """Return the same of a process of its own."""
    told = ["--one", json.dumps([kind, engine, rows])]
    done = subprocess.run(
        [sys.executable, __file__, *told], capture_output=True, text=True, check=True
    )
    found: Measured = json.loads(done.stdout)
    return found


def rounds(kind: str, runs: list[tuple[str, int]], count: int) -> list[Round]:
    """Return rounds, each of all of these engines and numbers of rows."""
    return [
        {run: apart(kind, *run) for run in random.sample(runs, len(runs))} for _ in range(count)
    ]


def of_rounds(found: list[Round], ratio: Callable[[Round], float]) -> float:
    """Return the median of a ratio, and show its spread."""
    ratios = [ratio(one) for one in found]
    print(f"  {len(ratios)} rounds from {min(ratios):.2f} to {max(ratios):.2f}", flush=True)
    return median(ratios)


def faster(ours: tuple[str, int], theirs: tuple[str, int]) -> Callable[[Round], float]:
    """Return how many times the time of ours is theirs, of the same number of rows."""
    return lambda one: one[theirs]["cpu_s"] / one[ours]["cpu_s"]


def pdf(count: int) -> None:
    ours = ("ours", ROWS)
    canvas, page, whole = (
        (f"reportlab{name}", ROWS) for name in (" canvas", ", a table a page", ", one table")
    )
    found = rounds("pdf", [ours, canvas, page, whole], count)
    figure = of_rounds(found, faster(ours, canvas))
    verdict("PDF table beside reportlab's canvas", figure, at_least=2)

    def best(one: Round) -> float:
        return min(faster(ours, form)(one) for form in (page, whole))

    verdict("PDF table beside the best form of platypus", of_rounds(found, best), at_least=3)


def rows(count: int) -> None:
    few, many = ("ours", ROWS), ("ours", 100_000)
    found = rounds("pdf", [few, many], count)

    def a_row(one: Round) -> float:
        return one[many]["cpu_s"] / many[1] / (one[few]["cpu_s"] / few[1])

    figure = of_rounds(found, a_row)
    verdict("PDF, time of a row of 100,000 beside one of 5,000", figure, at_most=1.2)
    _flat("PDF, memory of 100,000 rows beside 5,000", found, few, many)


def wrapped(count: int) -> None:
    # As many as there are different ones.
    ours, theirs = ("ours", 1_000), ("reportlab, paragraphs in tables", 1_000)
    figure = of_rounds(rounds("wrapped", [ours, theirs], count), faster(ours, theirs))
    verdict("PDF, cells of several lines beside platypus", figure, at_least=1.5)


def xlsx(count: int) -> None:
    ours, theirs = ("ours", 20_000), ("openpyxl, write-only", 20_000)
    figure = of_rounds(rounds("xlsx", [ours, theirs], count), faster(ours, theirs))
    verdict("XLSX beside openpyxl write-only, same styles", figure, at_least=3)


def xlsx_rows(count: int) -> None:
    few, many = ("ours", 50_000), ("ours", 1_000_000)
    # Memory is the same each time, and a million rows take long.
    found = rounds("xlsx", [few, many], min(count, 2))
    _flat("XLSX, memory of a million rows beside 50,000", found, few, many)


def docx(count: int) -> None:
    if "docxtpl" not in KINDS["docx"]:
        print("DOCX is not compared: docxtpl is not installed", flush=True)
        return
    ours, theirs = ("ours", 50), ("docxtpl", 50)
    figure = of_rounds(rounds("docx", [ours, theirs], count), faster(ours, theirs))
    verdict("DOCX beside docxtpl", figure, at_least=1)


def invoice(count: int) -> None:
    alone, many = ("ours, each by itself", 20), ("ours, one after another", 20)
    found = rounds("invoice", [alone, many], count)

    def waited(one: Round) -> float:
        return (one[alone]["wall_s"] / alone[1] - PAUSE_SECONDS) * 1000

    verdict("an invoice in the warm sandbox, ms", of_rounds(found, waited), at_most=50)
    figure = of_rounds(found, lambda one: one[many]["wall_s"] / many[1] * 1000)
    print(f"  one after another, ms: {figure:.2f}", flush=True)


def _flat(what: str, found: list[Round], few: tuple[str, int], many: tuple[str, int]) -> None:
    figure = of_rounds(found, lambda one: one[many]["peak_mb"] / one[few]["peak_mb"])
    verdict(what, figure, at_most=1.2)


TARGETS: dict[str, Callable[[int], None]] = {
    "pdf": pdf,
    "rows": rows,
    "wrapped": wrapped,
    "xlsx": xlsx,
    "xlsx-rows": xlsx_rows,
    "docx": docx,
    "invoice": invoice,
}


def table(kind: str, counts: list[int]) -> Iterator[str]:
    """Yield a line for each engine of a kind and each number of rows."""
    for count in counts:
        for name in KINDS[kind]:
            if name == "reportlab, one table" and count > 20_000:
                continue
            found = apart(kind, name, count)
            yield (
                f"{name:32}{count:>10} rows {count / found['cpu_s']:>10,.0f} rows/cpu-s"
                f"{found['peak_mb']:>8,.0f} MB{found['kb']:>10,.0f} KB"
            )


def main() -> None:
    """Judge the targets, show a table, or be one of the processes that are measured."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("targets", nargs="*", metavar="target", help=", ".join(TARGETS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--table", choices=KINDS)
    parser.add_argument("--rows", type=int, nargs="*", default=[5_000, 20_000])
    parser.add_argument("--one", help=argparse.SUPPRESS)
    given: Any = parser.parse_args()
    if given.one:
        print(json.dumps(measure(*json.loads(given.one))))
        return
    if unknown := set(given.targets) - set(TARGETS):
        parser.error(f"no target {', '.join(sorted(unknown))}: there are {', '.join(TARGETS)}")
    print_machine()
    if given.table:
        for line in table(given.table, given.rows):
            print(line, flush=True)
        return
    for name in given.targets or TARGETS:
        print(name, flush=True)
        TARGETS[name](given.rounds)


if __name__ == "__main__":
    main()
