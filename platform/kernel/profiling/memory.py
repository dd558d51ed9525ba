"""What this process holds in memory, and what of it was made while somebody looked."""

import gc
import resource
import sys
import time
import tracemalloc
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from kernel.profiling.sampling import BusyError, short

#: How long allocations may be followed.
MOST_SECONDS = 30
#: Types of objects, and lines of code, that are told.
MOST_TOLD = 40
_one_at_a_time = Lock()


@dataclass(frozen=True, slots=True)
class Line:
    """A line of code, and what it has made that is still there."""

    place: str
    size_bytes: int
    count: int


@dataclass(frozen=True, slots=True)
class Memory:
    """What a process holds."""

    seconds: float
    resident_bytes: int
    highest_bytes: int
    objects: int
    #: Types of objects that may refer to others, by how many there are.
    types: Sequence[tuple[str, int]]
    #: What was made while somebody looked and was still there at the end.
    made_bytes: int
    lines: Sequence[Line]
    #: What the bookkeeping of it took of the memory.
    cost_bytes: int


def snapshot(seconds: float) -> Memory:
    """Follow allocations of all threads for so many seconds, at most `MOST_SECONDS`.

    Each allocation costs more meanwhile, and at the end all threads stand still while the objects
    are counted. Raises BusyError while another thread looks.
    """
    if not _one_at_a_time.acquire(blocking=False):
        raise BusyError("somebody looks at the memory of this process just now")
    try:
        return _followed(min(seconds, MOST_SECONDS))
    finally:
        _one_at_a_time.release()


def _followed(seconds: float) -> Memory:
    tracemalloc.start()
    try:
        time.sleep(seconds)
        made, _ = tracemalloc.get_traced_memory()
        cost = tracemalloc.get_tracemalloc_memory()
        taken = tracemalloc.take_snapshot()
    finally:
        tracemalloc.stop()
    lines = [
        Line(f"{short(one.traceback[0].filename)}:{one.traceback[0].lineno}", one.size, one.count)
        for one in taken.statistics("lineno")[:MOST_TOLD]
    ]
    types = Counter(map(type, gc.get_objects()))
    resident = _resident()
    return Memory(
        seconds=seconds,
        resident_bytes=resident,
        # Linux tells it in kilobytes, and a little later than what there is now.
        highest_bytes=max(resident, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024),
        objects=types.total(),
        types=[(_name(one), count) for one, count in types.most_common(MOST_TOLD)],
        made_bytes=made,
        lines=lines,
        cost_bytes=cost,
    )


def _name(kind: type) -> str:
    return (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )


def _resident() -> int:
    """Return what the process has in memory, in bytes; 0 where the system does not tell."""
    told = Path("/proc/self/statm")
    if sys.platform != "linux" or not told.exists():
        return 0
    return int(told.read_text().split()[1]) * resource.getpagesize()
