"""Processes for sandboxed calls, kept warm between them."""

import atexit
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, BinaryIO, cast

from kernel.sandbox import child
from kernel.sandbox.errors import SandboxError, SandboxReason
from kernel.sandbox.limits import Limits

#: For importing its module.
START_SECONDS = 60.0
#: By so much the kernel's own clock is the first to end a call.
GRACE_SECONDS = 5.0
#: So many wait for the next call; others that were needed at the same time end.
MOST_IDLE = 2
READ_AT_ONCE = 1 << 16
_CODE = re.compile(r"[A-Z][A-Z_]{1,39}")
_TIME = {signal.SIGALRM, signal.SIGXCPU}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a call gave, and what it took."""

    told: dict[str, Any]
    parts: list[bytes]
    cpu_seconds: float
    peak_bytes: int


class Sandbox:
    """A module whose functions are called in processes of their own; safe among threads."""

    def __init__(self, module: str) -> None:
        self.module = module
        self._idle: list[_Parent] = []
        #: Those of the process that this one was forked from; they are not ours to end.
        self._others: list[_Parent] = []
        self._lock = threading.Lock()
        atexit.register(self.close)
        # Whose copy of this is no pool: the processes belong to the one that it was copied from.
        os.register_at_fork(after_in_child=self._forget)

    def run(
        self,
        function: str,
        data: Iterable[bytes],
        *,
        size: int,
        limits: Limits,
        arguments: dict[str, Any] | None = None,
        into: BinaryIO | None = None,
    ) -> Answer:
        """Call a function of the module with bytes, of which there are `size`.

        What it answers beside plain values is written to `into` while it comes, one part after
        another, and not held in memory; the answer then has no parts. What reading `data` or
        writing raises is raised, and the call ended. Raises SandboxError, OSError.
        """
        call = {
            "function": function,
            "arguments": arguments or {},
            "size": size,
            "seconds": limits.seconds,
            "cpu_seconds": limits.cpu_seconds,
            "memory_bytes": limits.memory_bytes,
            "output_bytes": limits.output_bytes,
        }
        parent = self._taken()
        try:
            answer = parent.run(call, data, limits, into)
        except SandboxError:
            self._put_back(parent)
            raise
        except BaseException:
            parent.close()
            raise
        self._put_back(parent)
        return answer

    def close(self) -> None:
        """End the processes that wait."""
        with self._lock:
            idle, self._idle = self._idle, []
        for parent in idle:
            parent.close()

    def _taken(self) -> "_Parent":
        while True:
            with self._lock:
                parent = self._idle.pop() if self._idle else None
            if parent is None:
                return _Parent(self.module)
            if parent.alive:
                return parent
            parent.close()

    def _put_back(self, parent: "_Parent") -> None:
        with self._lock:
            kept = parent.alive and len(self._idle) < MOST_IDLE
            if kept:
                self._idle.append(parent)
        if not kept:
            parent.close()

    def _forget(self) -> None:
        self._lock = threading.Lock()
        self._others, self._idle = self._idle, []


class _Parent:
    """A process that forks one for each call, and the socket to it."""

    def __init__(self, module: str) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        folders = [str(Path(path).resolve()) for path in sys.path if path]
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  a program of ours # nosec B603
                [sys.executable, "-I", child.__file__, module, *folders],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env={"LC_ALL": "C.UTF-8"},
                start_new_session=True,
            )
        self._control.settimeout(START_SECONDS)
        try:
            self._told()
        except OSError:
            self.close()
            raise

    @property
    def alive(self) -> bool:
        """Say whether it takes another call."""
        return self._process.poll() is None

    def run(
        self,
        call: dict[str, Any],
        data: Iterable[bytes],
        limits: Limits,
        into: BinaryIO | None,
    ) -> Answer:
        """Do one call; of what it raises only a SandboxError leaves this usable, if alive."""
        deadline = time.monotonic() + limits.seconds + GRACE_SECONDS
        child_in, to_child = os.pipe()
        from_child, child_out = os.pipe()
        with os.fdopen(to_child, "wb", 0) as sent, os.fdopen(from_child, "rb", 0) as received:
            try:
                message = json.dumps(call).encode()
                socket.send_fds(self._control, [message], [child_in, child_out])
            finally:
                os.close(child_in)
                os.close(child_out)
            # It has ended already; how is told at the end.
            with suppress(BrokenPipeError):
                for chunk in data:
                    child.write(sent.fileno(), chunk)
            sent.close()
            reading = _Reading(into)
            self._receive(received.fileno(), deadline, limits.output_bytes, reading)
        head, parts = reading.parsed()
        self._control.settimeout(max(deadline - time.monotonic(), 1.0))
        ended = self._ended()
        if "told" not in head:
            raise _why(head, ended)
        return Answer(
            told=head["told"],
            parts=parts,
            cpu_seconds=ended["cpu_seconds"],
            peak_bytes=ended["peak_bytes"],
        )

    def close(self) -> None:
        """End it, and whatever it runs."""
        self._control.close()
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _receive(self, pipe: int, deadline: float, most: int, reading: "_Reading") -> None:
        readable = select.poll()
        readable.register(pipe, select.POLLIN)
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or not readable.poll(left * 1000):
                self.close()
                raise SandboxError(SandboxReason.TIME, "it did not end by itself")
            piece = os.read(pipe, READ_AT_ONCE)
            if not piece:
                return
            if reading.size + len(piece) > most + 4:
                self.close()
                raise SandboxError(SandboxReason.OUTPUT, f"it answers more than {most} bytes")
            reading.take(piece)

    def _ended(self) -> dict[str, Any]:
        try:
            return self._told()
        except OSError:
            self.close()
            raise SandboxError(SandboxReason.CRASHED, "its process is gone") from None

    def _told(self) -> dict[str, Any]:
        message = self._control.recv(child.MESSAGE_BYTES)
        if not message:
            raise ConnectionError("the sandbox has ended")
        return cast(dict[str, Any], json.loads(message))


class _Reading:
    """What has come of an answer: its head, and its parts where they are not handed on."""

    def __init__(self, into: BinaryIO | None) -> None:
        self.size = 0
        self._into = into
        self._found = bytearray()
        self._whole_head = False

    def take(self, piece: bytes) -> None:
        """Take what comes next."""
        self.size += len(piece)
        if self._into is not None and self._whole_head:
            self._into.write(piece)
            return
        self._found += piece
        end = 4 + int.from_bytes(self._found[:4], "big")
        self._whole_head = len(self._found) >= max(end, 4)
        if self._into is not None and self._whole_head:
            self._into.write(self._found[end:])
            del self._found[end:]

    def parsed(self) -> tuple[dict[str, Any], list[bytes]]:
        """Return the head and the parts; nothing if it says nothing that can be meant."""
        found = bytes(self._found)
        size = int.from_bytes(found[:4], "big")
        try:
            head = json.loads(found[4 : 4 + size])
            lengths = [int(one) for one in head["parts"]]
            told = isinstance(head.get("told", {}), dict)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
            return {}, []
        if not told or min(lengths, default=0) < 0 or 4 + size + sum(lengths) != self.size:
            return {}, []
        if self._into is not None:
            return head, []
        ends = list(accumulate(lengths, initial=4 + size))
        return head, [found[start:end] for start, end in pairwise(ends)]


def _why(head: dict[str, Any], ended: dict[str, Any]) -> SandboxError:
    code = str(head.get("code", ""))
    if _CODE.fullmatch(code):
        return SandboxError(code, str(head.get("message", ""))[: child.TOLD_CHARACTERS])
    if ended["signal"] in _TIME:
        return SandboxError(SandboxReason.TIME, "it took too long")
    if ended["exit"] == child.NO_MEMORY:
        return SandboxError(SandboxReason.MEMORY, "it took too much memory")
    what = signal.Signals(ended["signal"]).name if ended["signal"] else f"exit {ended['exit']}"
    return SandboxError(SandboxReason.CRASHED, f"it ended by {what}")
