"""The process in which sandboxed calls run: a program of the standard library alone.

`python -I child.py <module> <folders to import from>`, with a socket as its standard input. It
imports the module, says that it is ready, and forks once for each call, before it is told of that:
a message of JSON, with the pipes for what comes in and what goes out. When that process has ended
it says how. It ends with the socket.

A fork shares the memory of what it was forked from, and pays for each page that it writes to first:
of a call that takes 50 ms that is a third. So one that waits calls `touch` of the module, if there
is one, and has those pages before it is asked for anything. Under load none waits for so long.
"""

import gc
import importlib
import json
import mmap
import os
import resource
import select
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

#: A message of the socket is no longer.
MESSAGE_BYTES = 64_000
#: Of what a function has raised.
TOLD_CHARACTERS = 300
#: What SandboxReason takes from here: nothing of the platform is imported.
MEMORY, OUTPUT, FAILED = "SANDBOX_MEMORY", "SANDBOX_OUTPUT", "SANDBOX_FAILED"
#: How a process ends that ran out of memory where nothing in it can say so.
NO_MEMORY = 3
#: And one that has waited for a call until the caller was gone.
GONE = 4
#: Nobody has asked for so long: there is time to do something before the next call.
IDLE_MS = 25
#: Objects until the first collection of a call, whose garbage ends with it.
_COLLECTED_AFTER = 50_000
_SECONDS = struct.Struct("d")


def main() -> None:
    """Serve calls until the caller is gone."""
    name, *folders = sys.argv[1:]
    sys.path[:0] = folders
    control = socket.socket(fileno=os.dup(0))
    module = importlib.import_module(name)
    room = _address_space()
    # What is here stays: a collection in a fork would look at each object of it, and so copy them
    # all, page by page.
    gc.collect()
    gc.freeze()
    control.send(b"{}")
    # What a fork had taken when it was given a call: of one that ends before, nobody waits to hear.
    asked = mmap.mmap(-1, _SECONDS.size)
    while True:
        _SECONDS.pack_into(asked, 0, 0.0)
        pid = os.fork()
        if pid == 0:
            _await(module, control, asked, room)
        _, status, used = os.wait4(pid, 0)
        (before,) = _SECONDS.unpack(asked[:])
        if not before:
            if os.WIFEXITED(status) and os.WEXITSTATUS(status) == GONE:
                return
            continue
        told = {
            "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0,
            "exit": os.WEXITSTATUS(status) if os.WIFEXITED(status) else 0,
            "cpu_seconds": max(used.ru_utime + used.ru_stime - before, 0.0),
            "peak_bytes": used.ru_maxrss * 1024,
        }
        control.send(json.dumps(told).encode())


def _await(module: Any, control: socket.socket, asked: mmap.mmap, room: int) -> None:
    """Wait for a call in this process, do it, and end."""
    try:
        message, pipes = awaited(module, control)
        if not message:
            os._exit(GONE)
        _SECONDS.pack_into(asked, 0, time.process_time())
        # The call itself tells nothing there.
        asked.close()
        _serve(module, json.loads(message), pipes, room)
    finally:
        os._exit(1)


def awaited(module: Any, control: socket.socket) -> tuple[bytes, list[int]]:
    """Return the next message and its pipes; nobody waits meanwhile."""
    readable = select.poll()
    readable.register(control, select.POLLIN)
    if not readable.poll(IDLE_MS) and (touch := getattr(module, "touch", None)):
        touch()
    message, pipes, _, _ = socket.recv_fds(control, MESSAGE_BYTES, 2)
    return message, pipes


def _serve(module: Any, call: dict[str, Any], pipes: list[int], room: int) -> None:
    """Do one call in this process, and end it."""
    code = 1
    try:
        os.dup2(pipes[0], 0)
        os.dup2(pipes[1], 1)
        os.closerange(3, max(pipes) + 64)
        _limit(call, room)
        gc.set_threshold(_COLLECTED_AFTER)
        told, parts = _answered(module, call)
        head = json.dumps(told | {"parts": [len(part) for part in parts]}).encode()
        size = len(head) + sum(map(len, parts))
        if size > call["output_bytes"]:
            head, parts = json.dumps({"code": OUTPUT, "parts": []}).encode(), []
        for piece in (len(head).to_bytes(4, "big"), head, *parts):
            write(1, piece)
        code = 0
    except MemoryError:
        code = NO_MEMORY
    finally:
        # Nothing of the process that it was forked from is run to its end.
        os._exit(code)


def _limit(call: dict[str, Any], room: int) -> None:
    signal.setitimer(signal.ITIMER_REAL, call["seconds"])
    cpu = int(call["cpu_seconds"])
    most = {
        resource.RLIMIT_CPU: cpu,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
        # No file, socket or pipe is opened any more.
        resource.RLIMIT_NOFILE: 0,
        resource.RLIMIT_NPROC: 0,
    }
    if room:
        most[resource.RLIMIT_AS] = room + int(call["memory_bytes"])
    for what, limit in most.items():
        resource.setrlimit(what, (limit, limit + (what == resource.RLIMIT_CPU)))


def _answered(module: Any, call: dict[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
    function: Callable[..., tuple[dict[str, Any], list[bytes]]] = getattr(module, call["function"])
    try:
        told, parts = function(_read(call["size"]), **call["arguments"])
        return {"told": told}, parts
    except MemoryError:
        return {"code": MEMORY}, []
    except Exception as error:  # noqa: BLE001  told to the caller, by its code
        code = getattr(error, "code", None)
        said = str(error) if isinstance(code, str) else type(error).__name__
        code = code if isinstance(code, str) else FAILED
        return {"code": code, "message": said[:TOLD_CHARACTERS]}, []


def _read(size: int) -> bytes:
    pieces, left = [], size
    while left and (piece := os.read(0, min(left, 1 << 20))):
        pieces.append(piece)
        left -= len(piece)
    if left:
        raise EOFError
    return b"".join(pieces)


def write(pipe: int, piece: bytes) -> None:
    """Write all of it."""
    view = memoryview(piece)
    while view:
        view = view[os.write(pipe, view) :]


def _address_space() -> int:
    """Return how much this process has mapped; 0 where nothing tells."""
    pages = Path("/proc/self/statm")
    if not pages.exists():
        return 0
    return int(pages.read_text().split()[0]) * resource.getpagesize()


if __name__ == "__main__":
    main()
