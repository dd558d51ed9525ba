"""What several processes count together: all of it, once, also when some have ended."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from kernel.observability import exporting
from kernel.observability.catalogue import catalogue, load
from kernel.observability.exporting import Processes, fold

#: Counts 3, takes 0.2 s, says how it is in three ways, and goes on until its input ends.
COUNTS = """
import sys, time
from prometheus_client import Counter, Gauge, Histogram
Counter("tests_made", "Made.", ["kind"]).labels("good").inc(3)
Histogram("tests_took_seconds", "Took.", buckets=(0.1, 1)).observe(0.2)
Gauge("tests_open", "Open.", multiprocess_mode="livesum").set(2)
Gauge("tests_known", "Known.", multiprocess_mode="mostrecent").set(float(sys.argv[1]))
print("counted", flush=True)
sys.stdin.read()
"""


#: Tells of itself what it is given line by line, as a process does that is asked.
OWN = """
import sys
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from kernel.observability.own import Mirror
class Own:
    def collect(self):
        hits = CounterMetricFamily("tests_hits", "Hits.", labels=["tier"])
        hits.add_metric(["memory"], self.hits)
        yield hits
        yield GaugeMetricFamily("tests_entries", "Entries.", self.entries)
own, mirror = Own(), Mirror()
for line in sys.stdin:
    own.hits, own.entries = map(float, line.split())
    mirror.write([own])
    print("told", flush=True)
"""


@contextmanager
def counting(folder: Path, known: float) -> Iterator[None]:
    """Let a process count in a folder, and live for a block."""
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)}
    with subprocess.Popen(
        [sys.executable, "-c", COUNTS, str(known)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == b"counted\n"
        yield


def told(folder: Path) -> dict[str, float]:
    """Return what a scrape of any of the processes tells of these."""
    registry = CollectorRegistry()
    registry.register(Processes(folder))
    names = {
        "made": ("tests_made_total", {"kind": "good"}),
        "took": ("tests_took_seconds_bucket", {"le": "1.0"}),
        "all": ("tests_took_seconds_count", {}),
        "open": ("tests_open", {}),
        "known": ("tests_known", {}),
    }
    found = {name: registry.get_sample_value(*of) for name, of in names.items()}
    return {name: value for name, value in found.items() if value is not None}


@pytest.fixture(autouse=True)
def _no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "TOLD", [])
    monkeypatch.setattr(exporting, "OWN", [])


def test_what_ended_processes_counted_stays_and_what_they_were_does_not(tmp_path: Path) -> None:
    with counting(tmp_path, 7), counting(tmp_path, 8), counting(tmp_path, 9):
        assert told(tmp_path) == {"made": 9, "took": 3, "all": 3, "open": 6, "known": 9}

    assert told(tmp_path) == {"made": 9, "took": 3, "all": 3, "known": 9}
    with counting(tmp_path, 5):
        assert told(tmp_path) == {"made": 12, "took": 4, "all": 4, "open": 2, "known": 5}
        assert told(tmp_path) == {"made": 12, "took": 4, "all": 4, "open": 2, "known": 5}


def test_files_are_no_more_than_processes_need_however_many_have_ended(tmp_path: Path) -> None:
    for number in range(4):
        with counting(tmp_path, number):
            pass
        fold(tmp_path)

    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "counter_gone.db",
        "gauge_mostrecent_gone.db",
        "histogram_gone.db",
    ]
    assert told(tmp_path) == {"made": 12, "took": 4, "all": 4, "known": 3}


@contextmanager
def telling(folder: Path) -> Iterator[Callable[[str], None]]:
    """Yield what lets a process that shares a folder tell something of itself."""
    path = os.pathsep.join(sys.path)
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder), "PYTHONPATH": path}
    with subprocess.Popen(
        [sys.executable, "-c", OWN],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        to, answers = process.stdin, process.stdout

        def tell(line: str) -> None:
            to.write(f"{line}\n")
            to.flush()
            assert answers.readline() == "told\n"

        yield tell
        to.close()


def test_what_each_process_tells_of_itself_is_added_up_and_of_the_dead_its_counts_stay(
    tmp_path: Path,
) -> None:
    registry = CollectorRegistry()
    registry.register(Processes(tmp_path))

    def told() -> tuple[float | None, float | None]:
        hits = registry.get_sample_value("tests_hits_total", {"tier": "memory"})
        return hits, registry.get_sample_value("tests_entries")

    with telling(tmp_path) as first:
        with telling(tmp_path) as second:
            first("3 2")
            second("5 4")
            second("5 4")
            assert told() == (8, 6)
            first("4 1")
            assert told() == (9, 5)
        assert told() == (9, 1)
    assert told() == (9, None)


def test_figures_of_the_database_are_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Figures(Collector):
        def collect(self) -> Iterator[Metric]:
            own = CollectorRegistry()
            Gauge("tests_waiting", "Wait.", registry=own).set(4)
            yield from own.collect()

    monkeypatch.setattr(exporting, "TOLD", [Figures()])
    registry = CollectorRegistry()
    registry.register(Processes(tmp_path))

    assert registry.get_sample_value("tests_waiting") == 4


def test_every_gauge_of_ours_says_what_several_processes_make_of_it() -> None:
    load()

    # Nobody makes one value of `all`: each process would be told by its number, for ever.
    silent = {one.name for one in catalogue() if one.several == "all" and one.of != "django"}

    assert silent == set()


def test_names_and_labels_follow_the_rule() -> None:
    load()
    ours = [one for one in catalogue() if one.of != "django"]

    assert {
        one.name for one in ours if (one.kind == "counter") != one.name.endswith("_total")
    } == set()
    assert {
        one.name
        for one in ours
        if one.kind == "histogram" and not one.name.endswith(("_seconds", "_cost", "_size"))
    } == set()
    assert {label for one in ours for label in one.labels} == {
        *("at", "channel", "code", "database", "direction", "format", "group", "kind", "mode"),
        *("namespace", "outcome", "policy", "purpose", "queue", "reason", "replica", "service"),
        *("state", "stream", "tier", "type", "way"),
    }
