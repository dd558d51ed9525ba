"""Where the threads of this process are, looked at a hundred times a second for a while.

From within, as it needs no right to look into other processes and sees all threads; a profiler of
one thread would see the one that waits for the profile.
"""

import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, get_ident
from types import CodeType, FrameType

#: How long somebody may look.
MOST_SECONDS = 30
#: Looks each second.
RATE = 100
#: Frames of a stack, from the outermost.
MOST_DEEP = 120
#: Different stacks that are kept: of more only that there were more is known.
MOST_STACKS = 20_000

#: Where a thread is that has nothing to do: what it calls there waits.
_WAITS = {
    ("threading", "wait"),
    ("threading", "wait_for"),
    ("threading", "_wait_for_tstate_lock"),
    ("threading", "join"),
    ("selectors", "select"),
    ("queue", "get"),
    ("socket", "accept"),
    ("socketserver", "serve_forever"),
    ("thread", "_worker"),
    ("runners", "run"),
    ("base_events", "_run_once"),
    # Threads that answer requests, between two of them.
    ("crew", "_run"),
}
_one_at_a_time = Lock()


class BusyError(Exception):
    """Somebody else looks just now."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A function that was being run."""

    function: str
    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.function} ({self.file}:{self.line})"


@dataclass(slots=True)
class Profile:
    """How often each stack was seen, from the outermost function to the innermost."""

    seconds: float
    looks: int = 0
    #: Threads that were seen at work, and at rest, added up over all looks.
    at_work: int = 0
    at_rest: int = 0
    #: Seen at work, in a stack that was one too many.
    left_out: int = 0
    #: What looking took of a processor, in seconds.
    cost_seconds: float = 0
    stacks: Counter[tuple[Frame, ...]] = field(default_factory=Counter)

    def collapsed(self) -> str:
        """Return a line for each stack, as flame graphs and speedscope read them."""
        return "".join(
            f"{';'.join(str(one).replace(';', ',') for one in stack)} {count}\n"
            for stack, count in self.stacks.most_common()
        )

    def functions(self) -> list[tuple[Frame, int, int]]:
        """Return each function with how often it was innermost, and anywhere; hottest first."""
        own: Counter[Frame] = Counter()
        within: dict[Frame, int] = defaultdict(int)
        for stack, count in self.stacks.items():
            own[stack[-1]] += count
            for one in set(stack):
                within[one] += count
        found = [(one, own[one], count) for one, count in within.items()]
        return sorted(found, key=lambda told: (-told[1], -told[2], str(told[0])))


def profile(seconds: float) -> Profile:
    """Look at all threads but this one for so many seconds, at most `MOST_SECONDS`.

    Raises BusyError while another thread looks.
    """
    if not _one_at_a_time.acquire(blocking=False):
        raise BusyError("somebody takes a profile of this process just now")
    try:
        return _looked(min(seconds, MOST_SECONDS))
    finally:
        _one_at_a_time.release()


def _looked(seconds: float) -> Profile:
    told = Profile(seconds)
    seen: Counter[tuple[CodeType, ...]] = Counter()
    self_id = get_ident()
    until = time.monotonic() + seconds
    cpu = time.thread_time()
    while time.monotonic() < until:
        time.sleep(1 / RATE)
        told.looks += 1
        for thread, frame in sys._current_frames().items():
            if thread == self_id:
                continue
            if _waits(frame.f_code):
                told.at_rest += 1
                continue
            told.at_work += 1
            stack = tuple(_codes(frame))
            if stack in seen or len(seen) < MOST_STACKS:
                seen[stack] += 1
            else:
                told.left_out += 1
    told.cost_seconds = time.thread_time() - cpu
    for codes, count in seen.items():
        told.stacks[tuple(_frame(code) for code in codes)] += count
    return told


def _codes(innermost: FrameType) -> list[CodeType]:
    codes = []
    frame: FrameType | None = innermost
    while frame is not None:
        codes.append(frame.f_code)
        frame = frame.f_back
    return codes[::-1][:MOST_DEEP]


def _waits(code: CodeType) -> bool:
    return (code.co_filename.rpartition("/")[2].removesuffix(".py"), code.co_name) in _WAITS


def _frame(code: CodeType) -> Frame:
    return Frame(code.co_qualname, short(code.co_filename), code.co_firstlineno)


def short(file: str) -> str:
    """Return a file by its place below where Python finds modules, so that it can be read."""
    places = (f"{Path(one)}/" for one in sys.path if one)
    found = [file[len(place) :] for place in places if file.startswith(place)]
    return min(found, key=len, default=file)


def tree(stacks: Counter[tuple[Frame, ...]]) -> "Node":
    """Return what was seen as one tree, the outermost functions at its root."""
    root = Node(Frame("all threads", "", 0))
    for stack, count in stacks.items():
        here = root
        here.count += count
        for one in stack:
            here = here.below.setdefault(one, Node(one))
            here.count += count
    return root


@dataclass(slots=True)
class Node:
    """A function where it was called from, and how often it was seen there."""

    frame: Frame
    count: int = 0
    below: dict[Frame, "Node"] = field(default_factory=dict)

    def bars(
        self, least: float, x: float = 0, deep: int = 0
    ) -> Iterator[tuple["Node", float, int]]:
        """Yield each node that was seen so often at least, with where it begins and how deep."""
        yield self, x, deep
        for node in sorted(self.below.values(), key=lambda one: -one.count):
            if node.count >= least:
                yield from node.bars(least, x, deep + 1)
            x += node.count
