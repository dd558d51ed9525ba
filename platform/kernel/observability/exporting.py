"""What Prometheus is told: by one process of itself, or by any of several of all of them.

Where `PROMETHEUS_MULTIPROC_DIR` names a folder, each process keeps what it counts in files there,
and whichever is asked adds them up. Those of processes that have ended are kept in sum: were they
deleted, counters would fall, which Prometheus takes for a restart and counts all of it again.
"""

import fcntl
import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from kernel.observability.figures import TOLD
from kernel.observability.own import OWN, Mirror

# Neither has types.
_everybody: Any = MultiProcessCollector
_file: Any = MmapedDict

#: In the place of a process's number.
GONE = "gone"
#: Kinds of files that are added up; of gauges only the last word of each is kept.
_SUMS = ("counter", "histogram", "summary")
_LAST_WORDS = "gauge_mostrecent"
_mirror = Mirror()


def metrics(request: HttpRequest) -> HttpResponse:
    """Answer a scrape: as OpenMetrics, which has exemplars, where that is asked for.

    Of several processes there are none: the client keeps no exemplars in files.
    """
    folder = settings.PROMETHEUS_MULTIPROC_DIR
    registry = REGISTRY
    if folder:
        registry = CollectorRegistry()
        registry.register(Processes(Path(folder)))
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(encode(registry), content_type=content_type)


class Processes(Collector):
    """What all processes count that share a folder, and what is in the database."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def describe(self) -> list[Metric]:
        """Return nothing: to be registered reads no files."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield all of it."""
        _mirror.write(OWN)
        with _alone(self._folder):
            fold(self._folder)
            counted = list(_everybody(None, str(self._folder)).collect())
        yield from counted
        for figures in TOLD:
            yield from figures.collect()


def fold(folder: Path) -> None:
    """Put what ended processes have counted into one file of each kind, and forget the rest."""
    ended = [file for file in sorted(folder.glob("*.db")) if _has_ended(file)]
    for kind in (*_SUMS, _LAST_WORDS):
        some = [file for file in ended if file.name.startswith(f"{kind}_")]
        if some:
            _put_together(some, folder / f"{kind}_{GONE}.db", adds=kind in _SUMS)
    for file in ended:
        file.unlink(missing_ok=True)


def _put_together(files: list[Path], into: Path, *, adds: bool) -> None:
    values: dict[str, tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))
    for file in (*files, *([into] if into.exists() else [])):
        for key, value, at, _ in _file.read_all_values_from_file(str(file)):
            if adds:
                values[key] = (values[key][0] + value, 0.0)
            elif at >= values[key][1]:
                values[key] = (value, at)
    # Not read before it is whole: it does not end as the others do.
    new = into.with_suffix(".new")
    new.unlink(missing_ok=True)
    written = _file(str(new))
    for key, (value, at) in values.items():
        written.write_value(key, value, at)
    written.close()
    new.replace(into)


def _has_ended(file: Path) -> bool:
    pid = file.stem.rpartition("_")[2]
    if not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        # Somebody else's, under a number that was one of ours or is.
        return False
    return False


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Be the only process that reads or folds: between the two, all would be counted twice."""
    with (folder / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
