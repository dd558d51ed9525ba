"""What a sandbox is given in tests: functions that do what files make programs do."""

import contextlib
import os
import socket
import time
from pathlib import Path
from typing import Any

Made = tuple[dict[str, Any], list[bytes]]


class RefusedError(ValueError):
    """A refusal that is told."""

    code = "NOT_MINE"


def reverse(data: bytes, *, times: int) -> Made:
    """Do what is asked."""
    return {"size": len(data), "pid": os.getpid()}, [data[::-1]] * times


def spin(_data: bytes) -> Made:
    """Take the processor for ever."""
    while True:
        pass


def sleep(_data: bytes) -> Made:
    """Wait for ever, whatever signals come."""
    while True:
        with contextlib.suppress(BaseException):
            time.sleep(3600)


def grow(data: bytes) -> Made:
    """Take all memory."""
    kept = [data]
    while True:
        kept.append(bytes(10_000_000))


def answer_much(data: bytes) -> Made:
    """Answer more than anybody asked for."""
    return {}, [bytes(30_000_000), data]


def flood(data: bytes) -> Made:
    """Answer without end, past what the sandbox's own program sees."""
    while True:
        os.write(1, bytes(1 << 16) + data)


def lie(_data: bytes) -> Made:
    """Answer what is no answer."""
    os.write(1, b"\0\0\0\2{]")
    os._exit(0)


def lie_deeply(_data: bytes) -> Made:
    """Answer what no reader of JSON goes to the end of."""
    os.write(1, (60_000).to_bytes(4, "big") + b"[" * 60_000)
    os._exit(0)


def lie_of_codes(_data: bytes) -> Made:
    """Refuse by a text of somebody else's."""
    head = b'{"code": "<b>bold</b>", "parts": []}'
    os.write(1, len(head).to_bytes(4, "big") + head)
    os._exit(0)


def die(_data: bytes) -> Made:
    """Die as of a broken pointer."""
    os.kill(os.getpid(), 11)
    return {}, []


def leave(_data: bytes) -> Made:
    """End as if all was well."""
    os._exit(0)


def refuse(_data: bytes) -> Made:
    """Refuse."""
    raise RefusedError("this is none of mine")


def fail(_data: bytes) -> Made:
    """Fail with what nobody should be told."""
    raise KeyError("a secret")


def reach_out(_data: bytes) -> Made:
    """Try all ways out, and tell which were open."""
    tries = {
        "read": lambda: Path("/etc/hosts").read_bytes(),
        "write": lambda: Path("/tmp/sandbox-was-here").write_bytes(b"x"),
        "connect": lambda: socket.create_connection(("127.0.0.1", 1)),
        "pipe": os.pipe,
    }
    closed = {}
    for name, attempt in tries.items():
        try:
            attempt()
        except OSError as error:
            closed[name] = error.errno
    return {"closed": closed, "environment": sorted(os.environ), "open": _open()}, []


def _open() -> list[int]:
    found = []
    for number in range(256):
        with contextlib.suppress(OSError):
            os.fstat(number)
            found.append(number)
    return found


_KEPT: list[bytes] = []


def keep(data: bytes) -> Made:
    """Leave something for the next, and tell what was left."""
    _KEPT.append(data)
    return {"kept": len(_KEPT)}, []
