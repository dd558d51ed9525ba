"""Named points at which a test may kill the process; nothing else happens at them."""

import os
import signal

from django.conf import settings

_passed: dict[str, int] = {}


def fault_point(name: str) -> None:
    """Kill this process if `FAULT=name:n` asks for it here, at the n-th time.

    Killed as by `kill -9`: nothing is cleaned up, and nothing that waits is written.
    """
    if settings.FAULT:
        _count(name)


def _count(name: str) -> None:
    wanted, _, times = settings.FAULT.partition(":")
    if name != wanted:
        return
    _passed[name] = _passed.get(name, 0) + 1
    if _passed[name] == int(times or 1):
        os.kill(os.getpid(), signal.SIGKILL)
