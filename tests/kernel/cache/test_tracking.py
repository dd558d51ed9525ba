"""Lines to Redis: as many files as a process has."""

import os
import resource
import socket
from types import SimpleNamespace
from typing import Any

import pytest

from kernel.cache.tracking import _ready

#: The first that select() does not take.
HIGH = 1024


@pytest.mark.skipif(
    resource.getrlimit(resource.RLIMIT_NOFILE)[0] <= HIGH, reason="needs as many files"
)
def test_a_line_is_heard_whatever_the_number_of_its_file() -> None:
    near, far = socket.socketpair()
    with near, far, socket.socket(fileno=_as_high(near)) as high:
        line: Any = SimpleNamespace(socket=high)
        far.send(b"news")

        assert _ready([line]) == [line]


def _as_high(one: socket.socket) -> int:
    number = os.dup2(one.fileno(), HIGH)
    assert number >= HIGH
    return number
