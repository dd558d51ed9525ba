"""Which server answers GraphQL cheaply, keeps a cut upload, and bears idle listeners.

All servers run side by side and are asked in short turns. A figure is the median of its three
calmest turns, those in which the rest of the machine did least.
What it decided is in docs/adr/0002-server-model.md.
"""

import asyncio
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median, quantiles

import uvloop
from server_model.clients import PAGE, ROW, SENT_BYTES, WAITING, call, cut_upload, listening
from server_model.processes import Processes, free_port, machine_cpu_seconds, running

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "bench" / "server_model"
#: What the project does not require; installed once, beside its environment.
PINS = ("gunicorn==27.0.1", "granian==2.8.7")
PACKAGES = ROOT / "var" / "bench" / "_".join(PINS)

TURNS = 9
SECONDS = 0.6
#: For the one question that is asked once, with the listeners there.
MEANWHILE_SECONDS = 2.0
CONNECTIONS = 8
LISTENERS = 500
#: What is asked for, and over how many connections at a time.
LOADS = {
    "one": (ROW, 1),
    "many": (ROW, CONNECTIONS),
    "page": (PAGE, CONNECTIONS),
    "waiting": (WAITING, CONNECTIONS),
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A way to serve; one without `events` is there for its threads and only asked for answers."""

    title: str
    name: str
    threads: int = 8
    events: str = ""

    @property
    def raw(self) -> bool:
        """Whether it serves raw applications beside Django."""
        return self.events.startswith("/raw")

    @property
    def here(self) -> bool:
        """Whether its server is installed."""
        package = self.name.partition("_")[0]
        return package not in {"gunicorn", "granian"} or (PACKAGES / package).exists()


CANDIDATES = (
    Candidate("gunicorn gthread, WSGI", "gunicorn_wsgi", events="/events"),
    Candidate("granian, WSGI", "granian_wsgi", events="/events"),
    Candidate("granian, our bridge", "granian_bridge", events="/raw/events"),
    Candidate("uvicorn, Django's ASGI", "uvicorn_django", events="/async/events"),
    Candidate("ours", "ours", events="/raw/events"),
    # What threads cost: the same with one, and ours without the crew.
    Candidate("gunicorn, 1 thread", "gunicorn_wsgi", threads=1),
    Candidate("granian, 1 thread", "granian_wsgi", threads=1),
    Candidate("ours, plain pool of 8", "ours_on_a_pool"),
    Candidate("ours, plain pool of 1", "ours_on_a_pool", threads=1),
)

#: What was measured of one candidate: a figure for each turn.
Figures = defaultdict[str, list[float]]
Found = dict[str, Figures]
Column = tuple[str, Callable[[Figures], str]]


def main() -> None:
    """Run the rounds and print what was found."""
    install()
    candidates = [one for one in CANDIDATES if one.here]
    found: Found = {one.title: defaultdict(list) for one in candidates}
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "BENCH_DATA": folder,
            "BENCH_PACKAGES": str(PACKAGES),
            "PYTHONPATH": os.pathsep.join([str(SITE), str(ROOT / "platform")]),
        }
        subprocess.run([sys.executable, str(SITE / "shop.py")], env=environment, check=True)
        measure_answers(candidates, environment, found)
        for one in candidates:
            if one.events:
                measure_alone(one, environment, found[one.title])
    print_report(found)


def install() -> None:
    """Fetch the servers that the project does not require, or say that they are left out."""
    if PACKAGES.exists():
        return
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if subprocess.run([*pip, "--target", str(PACKAGES), *PINS], check=False).returncode:
        print(f"Left out, for pip could not install them into {PACKAGES}: {', '.join(PINS)}.")


@contextmanager
def serving(one: Candidate, environment: dict[str, str]) -> Iterator[tuple[int, Processes]]:
    """Run a candidate, warm, at a port of its own."""
    port = free_port()
    script = [sys.executable, str(SITE / "servers.py")]
    with running([*script, one.name, str(one.threads), str(port)], environment) as processes:
        wait_until_it_answers(port)
        yield port, processes


def measure_answers(candidates: list[Candidate], environment: dict[str, str], found: Found) -> None:
    """Ask for GraphQL, then for what waits."""
    with ExitStack() as stack:
        servers = {one.title: stack.enter_context(serving(one, environment)) for one in candidates}
        for _ in range(TURNS):
            for load in LOADS:
                for title, (port, processes) in servers.items():
                    take_turn(port, processes, load, found[title])


def take_turn(port: int, processes: Processes, load: str, figures: Figures) -> None:
    """Ask one server one thing over and over."""
    request, connections = LOADS[load]
    used, machine, we = processes.cpu_seconds(), machine_cpu_seconds(), time.process_time()
    took = uvloop.run(call(port, request, connections=connections, seconds=SECONDS))
    used = processes.cpu_seconds() - used
    others = machine_cpu_seconds() - machine - used - (time.process_time() - we)
    for name, figure in {
        "rps": len(took) / SECONDS,
        "cpu": used / len(took) * 1000,
        "p99": quantiles(took, n=100)[98] * 1000,
        "others": others / SECONDS,
    }.items():
        figures[f"{load} {name}"].append(figure)


def wait_until_it_answers(port: int) -> None:
    """Return when the server is warm; raises the last refusal after ten seconds."""
    deadline = time.monotonic() + 10
    while True:
        try:
            uvloop.run(call(port, ROW, connections=CONNECTIONS, seconds=0.3))
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def measure_alone(one: Candidate, environment: dict[str, str], figures: Figures) -> None:
    """Take what would disturb the others, and the memory, which they would share in part."""
    with serving(one, environment) as (port, processes):
        figures["start MB"].append(processes.resident_mb())
        measure_uploads(one, port, Path(environment["BENCH_DATA"], "upload"), figures)
        uvloop.run(measure_listeners(one, port, processes, figures))
        figures["end MB"].append(processes.resident_mb())


def measure_uploads(one: Candidate, port: int, target: Path, figures: Figures) -> None:
    """Cut an upload to a Django view, and one to a raw application, and see what is kept."""
    for name, path in (("kept by Django", "/upload"), ("kept raw", "/raw/upload")):
        if name == "kept raw" and not one.raw:
            continue
        target.unlink(missing_ok=True)
        cut_upload(port, path)
        figures[name].append(target.stat().st_size if target.exists() else 0)


async def measure_listeners(
    one: Candidate, port: int, processes: Processes, figures: Figures
) -> None:
    """Let many listen, and ask for GraphQL meanwhile."""
    before = processes.resident_mb()
    async with listening(port, one.events, count=LISTENERS) as heard:
        figures["heard"].append(heard)
        figures["growth MB"].append(processes.resident_mb() - before)
        took = await call(port, ROW, connections=CONNECTIONS, seconds=MEANWHILE_SECONDS)
        figures["rps meanwhile"].append(len(took) / MEANWHILE_SECONDS)
    await asyncio.sleep(1)


def calm(figures: Figures, load: str, name: str) -> float:
    """Return the median of the three turns in which others took the least of the processors."""
    turns = zip(figures[f"{load} others"], figures[f"{load} {name}"], strict=True)
    return median(figure for _, figure in sorted(turns)[:3])


def column(head: str, load: str, name: str, digits: int = 0) -> Column:
    """Return the column of what was measured in turns."""
    return head, lambda figures: f"{calm(figures, load, name):.{digits}f}"


def once(head: str, name: str, digits: int = 0) -> Column:
    """Return the column of what was measured once."""
    return head, lambda figures: f"{figures[name][0]:.{digits}f}"


def kept(head: str, name: str) -> Column:
    """Return the column of the share of an upload that was kept."""
    return head, lambda figures: f"{figures[name][0] / SENT_BYTES:.0%}" if figures[name] else "-"


ROWS = [
    column("req/s", "many", "rps"),
    column("CPU ms", "many", "cpu", 2),
    column("p99 ms", "many", "p99", 1),
    column("others' CPU", "many", "others", 1),
    column("1 conn.: req/s", "one", "rps"),
    column("CPU ms", "one", "cpu", 2),
]
PAGES = [
    column("req/s", "page", "rps"),
    column("CPU ms", "page", "cpu", 2),
    column("p99 ms", "page", "p99", 1),
    column("others' CPU", "page", "others", 1),
    column("waits 10 ms: req/s", "waiting", "rps"),
]
REST = [
    kept("cut upload kept: Django", "kept by Django"),
    kept("raw", "kept raw"),
    once(f"of {LISTENERS} listeners heard", "heard"),
    once("they take MB", "growth MB", 1),
    once("GraphQL meanwhile req/s", "rps meanwhile"),
    once("start MB", "start MB"),
    once("end MB", "end MB"),
]


def print_report(found: Found) -> None:
    """Print the tables, and ours beside each other."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("django", "uvicorn", "uvloop"))
    print(
        f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()},"
        f" {packages}, {', '.join(PINS)}; the calmest 3 of {TURNS} turns of {SECONDS:g} s"
    )
    print_table(f"row, {CONNECTIONS} connections", ROWS, found)
    print_table(f"page, {CONNECTIONS} connections", PAGES, found)
    print_table("Uploads, listeners", REST, {k: v for k, v in found.items() if v["heard"]})
    print("\nours beside")
    for title, figures in found.items():
        if title != "ours":
            compare(title, figures, found["ours"])


def print_table(title: str, columns: list[Column], found: Found) -> None:
    """Print a table as Markdown."""
    print(f"\n| {title:<22} | {' | '.join(head for head, _ in columns)} |")
    print("|---" * (len(columns) + 1) + "|")
    for name, figures in found.items():
        cells = (show(figures).rjust(len(head)) for head, show in columns)
        print(f"| {name:<22} | {' | '.join(cells)} |")


def compare(title: str, other: Figures, ours: Figures) -> None:
    """Print how ours differs."""
    said = [
        f"{load} {calm(ours, load, 'rps') / calm(other, load, 'rps') - 1:+.0%} req/s,"
        f" {calm(ours, load, 'cpu') / calm(other, load, 'cpu') - 1:+.0%} CPU"
        for load in ("many", "page")
    ]
    print(f"  {title:<22} {'; '.join(said)}")


if __name__ == "__main__":
    main()
