"""A server in processes of its own, and what the system knows about them."""

import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


class Processes:
    """All processes of one group."""

    def __init__(self, group: int) -> None:
        self._group = group

    def cpu_seconds(self) -> float:
        """Return the processor time that they have used, in user and in system mode."""
        ticks = (int(part) for stat in self._stats().values() for part in stat[11:13])
        return sum(ticks) / _TICKS

    def resident_mb(self) -> float:
        """Return their memory; what several processes share, a fork for one, counts once."""
        shares = (Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in self._stats())
        return sum(int(re.search(r"\nPss: +(\d+)", share)[1]) for share in shares) / 1000

    def _stats(self) -> dict[int, list[str]]:
        """Return the fields of proc_pid_stat(5) for each process, from `state` on."""
        found = {}
        for file in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = file.read_text().rpartition(")")[2].split()
            except OSError:  # it has ended since
                continue
            if int(fields[2]) == self._group:
                found[int(file.parent.name)] = fields
        return found


@contextmanager
def running(command: list[str], environment: dict[str, str]) -> Iterator[Processes]:
    """Run a program and what it starts; at the end kill them all."""
    program = subprocess.Popen(command, env=environment, start_new_session=True)
    try:
        yield Processes(program.pid)
    finally:
        os.killpg(program.pid, signal.SIGKILL)
        program.wait()


def machine_cpu_seconds() -> float:
    """Return the processor time that all of this machine has used; see proc_stat(5)."""
    user, nice, system, _idle, _iowait, irq, softirq, steal = (
        int(part) for part in Path("/proc/stat").read_text().split(maxsplit=9)[1:9]
    )
    return (user + nice + system + irq + softirq + steal) / _TICKS


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
